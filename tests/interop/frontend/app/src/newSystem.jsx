// The app as `createApp` of @backstage/frontend-defaults makes it.
import '@backstage/ui/css/styles.css';
import { createApp } from '@backstage/frontend-defaults';
import {
  ApiBlueprint,
  PageBlueprint,
  createFrontendModule,
  createFrontendPlugin,
} from '@backstage/frontend-plugin-api';
import { SignInPageBlueprint } from '@backstage/plugin-app-react';
import authPlugin from '@backstage/plugin-auth';
import { apiFactories } from './apis';
import { Bench } from './Bench';
import { CookiePage } from './CookiePage';
import { SignIn } from './SignIn';

const page = (name, path, element) =>
  PageBlueprint.make({ name, params: { path, title: 'Conformance', noHeader: true, loader: async () => element } });

const bench = createFrontendPlugin({
  pluginId: 'bench',
  extensions: [
    page('root', '/', <Bench />),
    page('deep', '/deep', <Bench />),
    page('cookie', '/cookie', <CookiePage />),
  ],
});

// APIs that the app has already may be replaced by modules of the plugin that owns them only.
const extensionName = ref => (ref.id === 'core.scmauth' ? 'scm-auth' : ref.id.replaceAll('.', '-'));

const appModule = createFrontendModule({
  pluginId: 'app',
  extensions: [
    SignInPageBlueprint.make({ params: { loader: async () => SignIn } }),
    ...apiFactories().map(factory =>
      ApiBlueprint.make({ name: extensionName(factory.api), params: defineParams => defineParams(factory) }),
    ),
  ],
});

export const newSystem = () => createApp({ features: [authPlugin, bench, appModule] }).createRoot();
