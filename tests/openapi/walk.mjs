// Walks a contract's flow against a server with demo data, and keeps one example of each operation.
//
//   node walk.mjs DIALECT DOCUMENT SERVER URL LOG [--record FILE]
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
  const violations = answer.headers.get('sl-violations');
  if (violations) throw new Error(`${method} ${path}: not as the document says: ${violations}`);
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
  /// What stands behind `word` in the newest line of the log that holds both; waited for up to ten seconds.
  async mailed(word, about) {
    for (let i = 0; i < 100; ++i) {
      const lines = readFileSync(logFile, 'utf8').split('\n').filter((l) => l.includes(word) && l.includes(about));
      const found = lines.length && lines.at(-1).match(/token=([A-Za-z0-9_.~-]+)/);
      if (found) return found[1];
      await new Promise((r) => setTimeout(r, 100));
    }
    throw new Error(`no mail to ${about} with ${word}`);
  },
  /// Asks until `good` says so; ten seconds at most.
  async until(path, o, good) {
    for (let i = 0; i < 100; ++i) {
      const r = await call('GET', path, { ...o, aside: true });
      if (good(r)) return call('GET', path, o);
      await new Promise((r) => setTimeout(r, 100));
    }
    throw new Error(`GET ${path}: what was waited for did not come`);
  },
};

/// The same at every recording: what a run makes anew (ids, tokens, times) is replaced, alike wherever it stands.
function settled(value) {
  const ids = new Map();
  const one = (text) =>
    text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
        if (!ids.has(id)) ids.set(id, `0192f0c1-0000-7000-8000-${String(ids.size + 1).padStart(12, '0')}`);
        return ids.get(id);
      })
      .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl')
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-01-15T10:30:00Z')
      .replace(/^\d{4}-\d\d-\d\d$/, '2026-01-15')
      .replace(/(pi_)[A-Za-z0-9]+(_secret_)?[A-Za-z0-9]*/g, (m, p, s) => (s ? 'pi_example_secret_example' : 'pi_example'))
      .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8000');
  const walk = (v, key) => {
    if (typeof v === 'string') return one(v);
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
if (mode === '--record') {
  const book = {};
  for (const id of [...walked.keys()].sort()) {
    const { request, response } = walked.get(id);
    book[id] = {};
    if (request !== undefined) book[id].request = request;
    if (response !== undefined) book[id].response = response;
  }
  writeFileSync(bookFile, JSON.stringify(settled(book), null, 1) + '\n');
}
console.log(`${dialect}: ${calls} calls, ${walked.size} of ${operations.length} operations`);
