// A browser without a window: `node browser.mjs AUTHORIZE_URL WHO` signs in and agrees, and prints where it is sent back to;
// `node browser.mjs wait URL` waits until a server answers there.
const [first, who] = process.argv.slice(2);

if (first === 'wait') {
  for (let i = 0; i < 300; ++i) {
    try {
      await fetch(who);
      process.exit(0);
    } catch {
      await new Promise(done => setTimeout(done, 100));
    }
  }
  process.exit(1);
}

const start = new URL(first);
const jar = new Map();

async function go(url, body) {
  const answer = await fetch(url, {
    method: body ? 'POST' : 'GET', redirect: 'manual', body,
    headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
  });
  for (const line of answer.headers.getSetCookie()) {
    const [pair] = line.split(';');
    jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
  }
  const location = answer.headers.get('location');
  return { url: location && new URL(location, url), text: location ? '' : await answer.text(), status: answer.status };
}

// The emulated ones show a form for each of their people, with what was asked for in hidden fields.
const emulated = { '/o/oauth2/v2/auth': ['/o/oauth2/v2/auth/callback', 'email'],
                   '/login/oauth/authorize': ['/login/oauth/callback', 'login'] }[start.pathname];
let at;
if (emulated) {
  const [path, name] = emulated;
  const body = new URLSearchParams(start.searchParams);
  body.set(name, who);
  at = await go(new URL(path, start), body);
} else {
  at = await go(start);
  for (let steps = 0; at.url && at.url.host === start.host && steps < 12; ++steps) {
    if (at.url.pathname.startsWith('/interaction/')) {
      const page = await go(at.url);
      const prompt = page.text.includes('name="login"') ? 'login' : 'consent';
      at = await go(at.url, new URLSearchParams(prompt === 'login' ? { prompt, login: who, password: 'x' } : { prompt }));
    } else {
      at = await go(at.url);
    }
  }
}
if (!at.url) {
  console.log(at.text);
  process.exit(1);
}
console.log(at.url.href);
