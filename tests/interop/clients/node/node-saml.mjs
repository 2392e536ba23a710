// https://github.com/node-saml/node-saml#usage
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml';

export async function play(act, { issuer, id, redirectUri }, visit) {
  const [, certificate] = (await (await fetch(`${issuer}/metadata`)).text()).match(/X509Certificate>([^<]+)</);
  const saml = new SAML({
    callbackUrl: redirectUri, entryPoint: `${issuer}/sso`, issuer: id, idpCert: certificate.trim(), audience: id,
    validateInResponseTo: ValidateInResponseTo.always,
  });
  const form = JSON.parse(await visit(await saml.getAuthorizeUrlAsync('', undefined, {})));
  const { profile } = await saml.validatePostResponseAsync(form);
  return { accessToken: profile.nameID, profile };
}
