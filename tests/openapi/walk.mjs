// Walks a contract's flow against a server with demo data, and keeps one example of each operation.
//
//   node walk.mjs DIALECT DOCUMENT SERVER URL LOG [--record FILE | --compare FILE]
//
// SERVER is the dialect's own address, URL the same or that of a proxy before it, which answers 500 with `sl-violations` where an
// answer is not described by the document. LOG is what the server writes: mails with their links stand there. Fails on any status that the
// flow does not expect, and where an operation is not walked.
import { readFileSync, writeFileSync } from 'node:fs';

const [dialect, documentFile, server, url, logFile, mode, bookFile] = process.argv.slice(2);
const document = JSON.parse(readFileSync(documentFile, 'utf8'));

/// Operations by method, the ones with fewer parameters first: what is fixed goes before what is a parameter.
const operations = Object.entries(document.paths)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId, method: method.toUpperCase(), path, operation,
      pattern: new RegExp('^' + path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+') + '$'),
    })))
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length);

const walked = new Map();
const began = Date.now();
/// Numbers that hang on when and on what machine it ran.
const volatile = /(seconds|_ms|duration_ms|uptime|time_left|expires_in|time_remaining|latency)/;
let calls = 0;

function at(value, path) {
  return path.split('.').reduce((v, key) => (v == null ? v : v[key]), value);
}

/// A call. `as` is a token; `status` what has to come (any success where it is not said); `form` and `raw` are bodies that are no
/// JSON; `aside` keeps it from being an example; `around` goes past the proxy, which would follow a redirect by itself.
async function call(method, path, { body, as, status, headers = {}, raw, aside, around } = {}) {
  const named = path.split('?')[0];
  const known = operations.find((o) => o.method === method && o.pattern.test(named));
  if (!known) throw new Error(`${method} ${named} is no operation of the document`);
  const sent = { ...headers };
  if (as) sent.authorization = `Bearer ${as}`;
  if (body !== undefined) sent['content-type'] ??= 'application/json';
  const answer = await fetch((around ? server : url) + path, {
    method, headers: sent, redirect: 'manual', body: body !== undefined ? JSON.stringify(body) : raw,
    signal: AbortSignal.timeout(20000),
  });
  ++calls;
  const text = Buffer.from(await answer.arrayBuffer());
  // What is asked wrongly by intent may be as the document forbids; answers never, a status that it does not name included.
  const refused = answer.status >= 400;
  const violations = JSON.parse(answer.headers.get('sl-violations') ?? '[]')
    .filter((v) => !(refused && v.location?.[0] === 'request'));
  if (violations.length) throw new Error(`${method} ${path}: not as the document says: ${JSON.stringify(violations)}`);
  if (!known.operation.responses[answer.status])
    throw new Error(`${method} ${path}: the document does not name ${answer.status}: ${text.subarray(0, 500)}`);
  const expected = status ? [status].flat().includes(answer.status) : answer.status >= 200 && answer.status < 400;
  if (!expected) throw new Error(`${method} ${path}: ${answer.status} ${text.subarray(0, 1000)}`);
  const type = answer.headers.get('content-type') ?? '';
  const json = type.includes('json') && text.length ? JSON.parse(text) : undefined;
  if (answer.status < 400 && !aside && !walked.has(known.id))
    walked.set(known.id, { request: body, response: json });
  return { status: answer.status, json, text, headers: answer.headers, at: (p) => at(json, p) };
}

const walker = {
  get: (path, o) => call('GET', path, o),
  post: (path, body, o) => call('POST', path, { body, ...o }),
  put: (path, body, o) => call('PUT', path, { body, ...o }),
  patch: (path, body, o) => call('PATCH', path, { body, ...o }),
  del: (path, o) => call('DELETE', path, o),
  server, call,
  /// What stands behind `word` in the newest line of the log that holds both; waited for up to thirty seconds.
  async mailed(word, about) {
    for (let i = 0; i < 300; ++i) {
      const lines = readFileSync(logFile, 'utf8').split('\n').filter((l) => l.includes(word) && l.includes(about));
      const found = lines.length && lines.at(-1).match(/token=([A-Za-z0-9_.~-]+)/);
      if (found) return found[1];
      await new Promise((r) => setTimeout(r, 100));
    }
    throw new Error(`no mail to ${about} with ${word}`);
  },
  /// Asks until `good` says so; thirty seconds at most.
  async until(path, o, good) {
    for (let i = 0; i < 300; ++i) {
      const r = await call('GET', path, { ...o, aside: true });
      if (good(r)) return call('GET', path, o);
      await new Promise((r) => setTimeout(r, 100));
    }
    throw new Error(`GET ${path}: what was waited for did not come`);
  },
};

/// Members that a run makes anew, whatever they hold.
const secrets = new Set([
  'token', 'secret', 'otpauth_url', 'qr_code_url', 'provisioning_uri', 'recovery_codes', 'backup_codes', 'verification_code', 'mfa_code',
  'state', 'binding', 'ticket', 'signature', 'request_id', 'certificate_number', 'etag', 'sha256',
]);

/// The same at every recording: what a run makes anew (ids, tokens, times) is replaced, alike wherever it stands. Times keep
/// their distance to the beginning of the run, to the day.
function settled(value) {
  const ids = new Map();
  const shifted = (time) => {
    const away = Math.round((Date.parse(time) - began) / 86400e3);
    return new Date(Date.UTC(2026, 0, 15, 10, 30) + away * 86400e3).toISOString().replace('.000', '');
  };
  const one = (text) =>
    text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
        if (!ids.has(id)) ids.set(id, `0192f0c1-0000-7000-8000-${String(ids.size + 1).padStart(12, '0')}`);
        return ids.get(id);
      })
      .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl')
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/g, shifted)
      .replace(/^\d{4}-\d\d-\d\d$/, (day) => shifted(`${day}T12:00:00Z`).slice(0, 10))
      .replace(/([?&](?:expires|signature|token|state|nonce|code_challenge)=)[^&"]+/g, '$1example')
      .replace(/(pi_)[A-Za-z0-9]+(_secret_)?[A-Za-z0-9]*/g, (m, p, s) => (s ? 'pi_example_secret_example' : 'pi_example'))
      .replace(/^\d{6}$/, '123456')
      .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8000');
  const walk = (v, key) => {
    if (typeof v === 'string') return secrets.has(key) ? 'example' : one(v);
    if (Number.isInteger(v) && volatile.test(key ?? '')) return 1;
    if (Array.isArray(v)) return v.slice(0, 2).map((x) => walk(x, key));
    if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x, k)]));
    return v;
  };
  return walk(value);
}

const flow = await import(`./flows/${dialect}.mjs`);
try {
  await flow.default(walker);
} catch (e) {
  console.error(`${dialect}: ${e.message}\n${e.stack.split('\n').find((l) => l.includes('/flows/')) ?? ''}`);
  process.exit(1);
}
const missing = operations.filter((o) => !walked.has(o.id) && !(flow.elsewhere ?? []).includes(o.id));
if (missing.length) {
  console.error(`${dialect}: not walked: ${missing.map((o) => o.id).join(', ')}`);
  process.exitCode = 1;
}
const book = {};
for (const id of [...walked.keys()].sort()) {
  const { request, response } = walked.get(id);
  book[id] = {};
  if (request !== undefined) book[id].request = request;
  if (response !== undefined) book[id].response = response;
}

/// Where two values have other members or types; a member may be null in one of them, and lists of other lengths.
function differences(a, b, at) {
  if (a === null || b === null || a === undefined || b === undefined) return [];
  if (typeof a !== typeof b || Array.isArray(a) !== Array.isArray(b)) return [at];
  if (Array.isArray(a)) return a.length && b.length ? differences(a[0], b[0], `${at}[]`) : [];
  if (typeof a !== 'object') return [];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((k) =>
    k in a && k in b ? differences(a[k], b[k], `${at}.${k}`) : [`${at}.${k}`]);
}

if (mode === '--record') {
  writeFileSync(bookFile, JSON.stringify(settled(book), null, 1) + '\n');
} else if (mode === '--compare') {
  const kept = JSON.parse(readFileSync(bookFile, 'utf8'));
  const other = [...new Set([...Object.keys(book), ...Object.keys(kept)])].flatMap((id) =>
    id in kept && id in book ? differences(kept[id], book[id], id) : [id]);
  if (other.length) {
    console.error(`${dialect}: the kept examples are of other answers; record them anew: ${other.join(', ')}`);
    process.exitCode = 1;
  }
}
console.log(`${dialect}: ${calls} calls, ${walked.size} of ${operations.length} operations`);
