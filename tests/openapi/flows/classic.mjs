import { fresh, instructor, password } from './people.mjs';

export default async function (t) {
  const n = fresh();
  const username = `john_doe_${n}`, email = `john${n}@example.com`;
  await t.post('/users/register/', { username, email, password: 'securepass123', first_name: 'John', last_name: 'Doe', role: 'student' });
  await t.post('/users/register/', { username, email, password: 'securepass123' }, { status: 409 });
  await t.post('/users/register/', { username: '' }, { status: 400 });
  await t.post('/users/verify-email/', { token: await t.mailed('verif', email) });
  const made = await t.post('/token/', { username, password: 'securepass123' });
  await t.post('/token/', { username, password: 'Wrong-password-1' }, { status: 401 });
  const me = { as: (await t.post('/token/refresh/', { refresh: made.at('refresh') })).at('access') };
  const teacher = { as: (await t.post('/token/', { username: instructor, password })).at('access') };
  await t.get('/users/verify-email/', me);
  await t.post('/users/verify-email/resend/', undefined, me);
  await t.get('/users/profile/', me);
  await t.get('/users/profile/', { status: 401 });
  await t.put('/users/profile/', { first_name: 'Jane', bio: 'Student of web development' }, me);

  await t.get('/courses/?page=1&page_size=2', me);
  await t.get('/courses/?level=expert', { ...me, status: 400 });
  const course = await t.post('/courses/', {
    title: 'Django Basics', slug: `django-basics-${n}`, description: 'Learn Django fundamentals', category: 'Web Development', level: 'beginner', duration_weeks: 4,
  }, teacher);
  await t.post('/courses/', { title: 'Not allowed' }, { ...me, status: 403 });
  const at = `/courses/${course.at('id')}/`;
  await t.get(at, teacher);
  await t.get(at, { ...me, status: 404 });
  await t.put(at, { status: 'published' }, { ...teacher, status: 400 });
  const lesson = await t.post(`${at}lessons/`, { title: 'Models', content_type: 'article', content: 'What is kept.', duration_minutes: 20 }, teacher);
  const spare = await t.post(`${at}lessons/`, { title: 'Too many' }, teacher);
  await t.get(`${at}lessons/`, teacher);
  await t.get(`${at}lessons/${lesson.at('id')}/`, teacher);
  await t.put(`${at}lessons/${lesson.at('id')}/`, { title: 'Models and tables' }, teacher);
  await t.del(`${at}lessons/${spare.at('id')}/`, teacher);
  await t.put(at, { title: 'Django Basics', status: 'published' }, teacher);
  const entered = await t.post('/enrollments/', { course_id: course.at('id') }, me);
  await t.post('/enrollments/', { course_id: course.at('id') }, { ...me, status: 409 });
  await t.get('/enrollments/', me);
  await t.get(`/enrollments/${entered.at('id')}/`, me);
  const rows = await t.get(`/progress/?course_id=${course.at('id')}`, me);
  const row = `/progress/${rows.at('results.0.id')}/`;
  await t.get(row, me);
  await t.put(row, { status: 'completed', notes: 'Completed all exercises' }, me);
  await t.put(row, { status: 'done' }, { ...me, status: 400 });
  await t.del(at, { ...teacher, status: 409 });
  const draft = await t.post('/courses/', { title: 'Unfinished', slug: `unfinished-${n}` }, teacher);
  await t.del(`/courses/${draft.at('id')}/`, teacher);

  await t.get('/webhook-events/', me);
  const hook = await t.post('/webhooks/', { url: 'https://hooks.example.com/stoa', events: ['enrollment.created'], description: 'Our own records' }, me);
  const of = `/webhooks/${hook.at('id')}/`;
  await t.get('/webhooks/', me);
  await t.get(of, me);
  await t.put(of, { enabled: true }, me);
  await t.post(`${of}test/`, undefined, me);
  await t.until(`${of}deliveries/`, me, (r) => r.at('count') > 0);
  await t.post(`${of}replay/`, { since: new Date(Date.now() - 3600e3).toISOString() }, me);
  await t.post(`${of}rotate-secret/`, undefined, me);
  await t.del(of, me);

  const told = await t.until('/notifications/?page_size=2', me, (r) => r.at('results.length') > 0);
  await t.get('/notifications/unread-count/', me);
  await t.put(`/notifications/${told.at('results.0.id')}/read/`, undefined, me);
  await t.put('/notifications/read-all/', undefined, me);
  const preferences = await t.get('/notifications/preferences/', me);
  await t.put('/notifications/preferences/', { preferences: preferences.at('preferences').slice(0, 1) }, me);
  await t.post('/users/password-reset/', { email });
  await t.post('/users/password-reset/confirm/', { token: await t.mailed('reset', email), new_password: 'Another-pass-123!' });
}
