import { fresh, instructor, password, stripeEvent, student } from './people.mjs';

export default async function (t) {
  const n = fresh();
  const email = `puzzler${n}@example.com`;
  await t.post('/auth/signup/', { email, password: 'SecurePass123!', full_name: 'John Doe' });
  await t.post('/auth/signup/', { email, password: 'SecurePass123!', full_name: 'John Doe' }, { status: 409 });
  await t.post('/auth/verify-email/', { token: await t.mailed('verif', email) });
  const made = await t.post('/auth/signin/', { email, password: 'SecurePass123!' });
  await t.post('/auth/signin/', { email, password: 'Wrong-password-1' }, { status: 401 });
  const me = { as: (await t.post('/auth/refresh/', { refresh_token: made.at('refresh_token') })).at('access_token') };
  await t.get('/auth/verify-email/', me);
  await t.post('/auth/verify-email/resend/', undefined, me);
  await t.get('/auth/profile/', me);
  await t.get('/auth/profile/', { status: 401 });
  await t.put('/auth/profile/update/', { full_name: 'John A. Doe', bio: 'Learns by puzzles.', preferences: { theme: 'dark' } }, me);

  // A learner of the demo data writes down what a lesson left open, and the course's instructor answers.
  const demo = { as: (await t.post('/auth/signin/', { email: student, password })).at('access_token') };
  const flow = async (path) =>
    (await fetch(new URL(`/learnflow/api/v1${path}`, t.server), { headers: { authorization: `Bearer ${demo.as}` } })).json();
  const teacher = { as: (await t.post('/auth/signin/', { email: instructor, password })).at('access_token') };
  const course = (await flow('/enrollments/')).results.find((e) => e.course.title.startsWith('Web Development')).course.id;
  const lesson = (await flow(`/courses/${course}/`)).curriculum[0].lessons[0].id;
  const puzzle = await t.post('/reflections/', {
    lesson_id: lesson, type: 'puzzle', content: 'Why does the second example never end?', tags: ['loops'], visibility: 'public', timestamp_seconds: 95,
  }, demo);
  await t.post('/reflections/', { lesson_id: 'none' }, { ...demo, status: 422 });
  const id = puzzle.at('id') ?? puzzle.at('reflection.id') ?? puzzle.at('data.id');
  await t.get(`/reflections/?course_id=${course}&page_size=2`, demo);
  await t.get(`/reflections/${id}/`, demo);
  await t.get(`/reflections/${id}/`, { ...me, status: 404 });
  await t.patch(`/reflections/${id}/`, { tags: ['loops', 'ends'] }, demo);
  const reply = await t.post(`/reflections/${id}/replies/`, { content: 'Because nothing changes the condition.' }, teacher);
  await t.del(`/reflections/${id}/replies/${reply.at('id') ?? reply.at('reply.id')}/`, teacher);
  await t.del(`/reflections/${id}/`, demo);

  const told = await t.until('/notifications/?page_size=2', demo, (r) => r.at('results.length') > 0);
  await t.get('/notifications/unread-count/', demo);
  await t.put(`/notifications/${told.at('results.0.id')}/read/`, undefined, demo);
  await t.put('/notifications/read-all/', undefined, demo);
  const preferences = await t.get('/notifications/preferences/', me);
  await t.put('/notifications/preferences/', { preferences: preferences.at('preferences').slice(0, 1) }, me);

  await t.post('/payments/webhooks/stripe/', ...stripeEvent(`evt_${n}`));
  await t.post('/payments/webhooks/stripe/', { id: 'evt_1', type: 'payment_intent.succeeded' }, { status: 400 });
  await t.get('/certificates/verify/none/', { status: 404 }).catch(() => t.get('/certificates/verify/none', { status: 404 }));
  await t.post('/auth/password-reset/', { email });
  await t.post('/auth/password-reset/confirm/', { token: await t.mailed('reset', email), new_password: 'Another-pass-123!' });
  const again = await t.post('/auth/signin/', { email, password: 'Another-pass-123!' });
  await t.post('/auth/signout/', undefined, { as: again.at('access_token') });
}

/// A stream; and of a certificate, which is earned at other contracts.
export const elsewhere = ['get_notifications_stream', 'get_certificates_verify_code'];
