// The page of a single-page app: begin() sends the browser to the vendor; when it comes back, the program finishes.
export function serve(program) {
  const settle = promise => promise.then(
    result => { window.outcome = { result }; },
    error => { window.outcome = { error: [error?.name, error?.message, error?.error, error?.errorCode].filter(Boolean).join(': ') }; },
  );
  window.begin = order => {
    sessionStorage.setItem('order', JSON.stringify(order));
    settle(program.begin(order.act, order.settings));
  };
  const order = JSON.parse(sessionStorage.getItem('order'));
  if (window !== window.parent) program.inFrame?.(order?.settings);
  else if (order && /[?&#](code|error|state)=/.test(location.href)) settle(program.finish(order.act, order.settings));
}
