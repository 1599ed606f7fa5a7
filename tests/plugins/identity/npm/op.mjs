// An OpenID Connect provider: `node op.mjs PORT REDIRECT_URI`. Any login is somebody; who is called unv... is not verified.
import Provider from 'oidc-provider';
import { createServer } from 'node:http';

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'stoa', client_secret: 's3cr3t', redirect_uris: [redirect],
    grant_types: ['authorization_code'], response_types: ['code'],
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
  scopes: ['openid', 'email', 'profile'],
  async findAccount(context, sub) {
    return { accountId: sub, async claims() {
      return { sub, email: `${sub}@example.test`, email_verified: !sub.startsWith('unv'), name: `${sub} of OP` };
    } };
  },
  cookies: { keys: ['k'] },
});
createServer(provider.callback()).listen(Number(port), '127.0.0.1');
