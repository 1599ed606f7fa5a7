import { fresh, password, student } from './people.mjs';

export default async function (t) {
  const n = fresh();
  const email = `john.doe${n}@example.com`;
  const registration = { name: 'John Doe', email, password1: 'SecurePass123!', password2: 'SecurePass123!', role: 'student', track: 'DP' };
  await t.post('/auth/registration/', registration);
  await t.post('/auth/registration/', registration, { status: 400 });
  await t.post('/auth/verify-email/', { token: await t.mailed('verif', email) });
  const made = await t.post('/users/login/', { email, password: 'SecurePass123!', role: 'student' });
  await t.post('/users/login/', { email, password: 'Wrong-password-1', role: 'student' }, { status: 401 });
  await t.post('/users/login/', { email, password: 'SecurePass123!', role: 'trainer' }, { status: 403 });
  const renewed = await t.post('/auth/token/refresh/', { refresh: made.at('refresh') });
  const me = { as: renewed.at('access') };
  await t.get('/auth/verify-email/', me);
  await t.post('/auth/verify-email/resend/', undefined, me);
  await t.post('/users/check-email/', { email });
  await t.get('/users/profile/', me);
  await t.get('/users/profile/', { status: 401 });
  await t.put('/users/profile/', { name: 'John A. Doe' }, me);
  await t.patch('/users/profile/', { track: 'DP' }, me);
  await t.post('/users/update-role/', { role: 'trainer' }, me);
  await t.post('/users/update-role/', { role: 'admin' }, { ...me, status: 403 });

  const tracks = await t.get('/tracks/');
  await t.get(`/tracks/${tracks.at('0.code')}/`, me);
  const intended = await t.post('/payments/create-payment/', { amount: 999.0, currency: 'usd' }, me);
  await t.post('/payments/create-payment/', { amount: 1.0, currency: 'usd' }, { ...me, status: 400 });
  await t.post('/payments/confirm-payment/', { order_id: intended.at('order_id'), payment_intent_id: intended.at('clientSecret') }, me);
  await t.get(`/receipts/${intended.at('order_id')}.pdf`, me);

  // By a provider: the sandbox, whose codes say who comes.
  const redirect_uri = 'http://localhost:3000/auth/callback';
  await t.get('/auth/providers/');
  const begun = await t.post('/auth/sandbox/start/', { redirect_uri });
  const code = `email=ada${n}@example.com&name=Ada Walker`;
  const entered = await t.post('/auth/sandbox/', { code, redirect_uri, state: begun.at('state'), binding: begun.at('binding') });
  await t.post('/auth/sandbox/', { code, redirect_uri: 'https://elsewhere.example.com/' }, { status: 400 });
  const ada = { as: entered.at('access') };
  await t.get('/auth/links/', ada);
  await t.del('/auth/links/sandbox/', { ...ada, status: 409 });
  await t.post('/auth/google/', { code: '4/0AY0e-g7', redirect_uri }, { status: [400, 404, 503] });
  await t.post('/auth/ticket/', { ticket: 'none', mfa_code: '000000' }, { status: 400 });

  // A workspace, where somebody makes them.
  await t.post('/users/workspace/create/', undefined, { ...me, status: [200, 201, 503] });
  await t.get('/users/workspace/', { ...me, status: [200, 404, 503] });

  const told = await t.until('/notifications/?page_size=2', me, (r) => r.at('results.length') > 0);
  await t.get('/notifications/unread-count/', me);
  await t.put(`/notifications/${told.at('results.0.id')}/read/`, undefined, me);
  await t.put('/notifications/read-all/', undefined, me);
  const preferences = await t.get('/notifications/preferences/', me);
  await t.put('/notifications/preferences/', { preferences: preferences.at('preferences').slice(0, 1) }, me);
  await t.post('/auth/password/reset/', { email });
  await t.post('/auth/password/reset/confirm/', {
    token: await t.mailed('reset', email), new_password1: 'Another-pass-123!', new_password2: 'Another-pass-123!',
  });
  const again = await t.post('/users/login/', { email, password: 'Another-pass-123!' });
  await t.post('/users/logout/', { refresh: again.at('refresh') }, { as: again.at('access') });
}

/// Of providers and engines that a server by itself does not have.
export const elsewhere = [
  'post_auth_google', 'post_auth_github', 'post_auth_ticket', 'delete_auth_links_provider', 'post_users_workspace_create', 'get_users_workspace',
  'post_users_workspace_stop', 'delete_users_workspace',
];
