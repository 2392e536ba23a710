// One sign-in in Firefox, over WebDriver BiDi: `node firefox.mjs APP_URL CONFIG`; prints who is signed in, before and
// after a reload.
import puppeteer from 'puppeteer-core';

const [appUrl, config] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.evaluateOnNewDocument(`window.__APP_CONFIG__ = ${config}`);
  await page.goto(appUrl);
  const opened = new Promise(resolve => page.once('popup', resolve));
  await page.locator('::-p-xpath(//button[contains(., "Sign In")])').click();
  const popup = await opened;
  popup.setDefaultTimeout(60_000);
  await popup.locator('input[name="persona"][value="plain"]').click();
  await popup.locator('button[value="allow"]').click();
  for (const then of [() => page.reload(), () => undefined]) {
    const who = await page.waitForSelector('::-p-text(Signed in as user:)');
    console.log(await who.evaluate(heading => heading.textContent));
    await then();
  }
} finally {
  await browser.close();
}
