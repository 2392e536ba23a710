// The page's configuration says which of the two frontend systems runs, and what the app is made of
// (`conformance.system`, `.signIn`, `.scm`): each test brings its own in `window.__APP_CONFIG__`.
import { createRoot } from 'react-dom/client';
import { newSystem } from './newSystem';
import { oldSystem } from './oldSystem';

const system = window.__APP_CONFIG__?.conformance?.system === 'new' ? newSystem : oldSystem;
createRoot(document.getElementById('root')).render(system());
