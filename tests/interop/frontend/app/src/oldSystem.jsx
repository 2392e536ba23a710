// The app as `createApp` of @backstage/app-defaults makes it.
import { createApp } from '@backstage/app-defaults';
import { AppRouter, FlatRoutes } from '@backstage/core-app-api';
import { AlertDisplay, OAuthRequestDialog } from '@backstage/core-components';
import { Route } from 'react-router-dom';
import { apiFactories } from './apis';
import { Bench } from './Bench';
import { CookiePage } from './CookiePage';
import { SignIn } from './SignIn';

export function oldSystem() {
  const app = createApp({ apis: apiFactories(), components: { SignInPage: SignIn } });
  const Root = app.createRoot(
    <>
      <AlertDisplay />
      <OAuthRequestDialog />
      <AppRouter>
        <FlatRoutes>
          <Route path="/" element={<Bench />} />
          <Route path="/deep" element={<Bench />} />
          <Route path="/cookie" element={<CookiePage />} />
        </FlatRoutes>
      </AppRouter>
    </>,
  );
  return <Root />;
}
