// What a page that needs the auth cookie (for images, say) wraps itself in.
import { CookieAuthRefreshProvider } from '@backstage/plugin-auth-react';

export const CookiePage = () => (
  <CookieAuthRefreshProvider pluginId="auth">
    <h1>The cookie is there</h1>
  </CookieAuthRefreshProvider>
);
