import { fresh, instructor, password, stripeEvent, student } from './people.mjs';

export default async function (t) {
  const n = fresh();
  const email = `learner${n}@example.com`;
  const made = await t.post('/auth/register/', { email, password: 'SecurePass123!', first_name: 'John', last_name: 'Doe' });
  await t.post('/auth/register/', { email, password: 'SecurePass123!', first_name: 'John', last_name: 'Doe' }, { status: 409 });
  await t.post('/auth/register/', { email: 'none' }, { status: 422 });
  const me = { as: made.at('access_token') };
  await t.post('/auth/verify-email/', { token: await t.mailed('verif', email) });
  await t.get('/auth/verify-email/', me);
  await t.post('/auth/verify-email/resend/', undefined, me);
  await t.get('/auth/me/', me);
  await t.get('/auth/me/', { status: 401 });
  await t.patch('/auth/me/', { bio: 'Learns to build for the web.', timezone: 'Europe/Oslo' }, me);
  const refreshed = await t.post('/auth/refresh/', { refresh_token: made.at('refresh_token') });
  me.as = refreshed.at('access_token');
  const login = await t.post('/auth/login/', { email: student, password });
  await t.post('/auth/login/', { email: student, password: 'Wrong-password-1' }, { status: 401 });
  const demo = { as: login.at('access_token') };
  const teacher = { as: (await t.post('/auth/login/', { email: instructor, password })).at('access_token') };

  // Finding and reading.
  const list = await t.get('/courses/?category=data-science&ordering=-rating&page_size=2', demo);
  await t.get('/courses/?page=0', { status: 422 });
  await t.get('/courses/?search=python&page_size=2');
  await t.get(`/courses/${list.at('results.0.id')}/`, demo);
  await t.get('/courses/none/', { status: 404 });
  await t.get(`/courses/${list.at('results.0.id')}/reviews/?page_size=2`);

  // Writing one.
  const course = await t.post('/courses/', {
    title: `Birds of the North ${n}`, short_description: 'How to tell them apart.',
    description: 'Forty birds, their songs and where they breed.', category: 'Science', level: 'beginner',
    language: 'English', price: 0, outcomes: ['Tell forty birds apart'], tags: ['birds'],
  }, teacher);
  await t.post('/courses/', { title: 'Not allowed' }, { ...me, status: 403 });
  const id = course.at('id');
  await t.patch(`/courses/${id}/`, { tags: ['birds', 'north'] }, teacher);
  await t.put(`/courses/${id}/`, {
    title: `Birds of the North ${n}`, short_description: 'How to tell them apart.',
    description: 'Forty birds, their songs and where they breed.', category: 'Science', level: 'beginner', price: 0,
  }, teacher);
  await t.post(`/courses/${id}/publish/`, undefined, { ...teacher, status: 400 });
  const section = await t.post(`/courses/${id}/sections/`, { title: 'Waders', description: 'Long legs.' }, teacher);
  await t.patch(`/sections/${section.at('id')}/`, { title: 'Waders and gulls' }, teacher);
  const lesson = await t.post(`/sections/${section.at('id')}/lessons/`, {
    title: 'The oystercatcher', duration_minutes: 12, is_preview: true, video_url: 'https://media.example.com/oystercatcher.mp4',
  }, teacher);
  const second = await t.post(`/sections/${section.at('id')}/lessons/`, { title: 'The curlew', duration_minutes: 9 }, teacher);
  await t.patch(`/lessons/${lesson.at('id')}/`, { description: 'Black, white and loud.' }, teacher);
  const spare = await t.post(`/courses/${id}/sections/`, { title: 'Empty' }, teacher);
  await t.del(`/sections/${spare.at('id')}/`, teacher);
  const third = await t.post(`/sections/${section.at('id')}/lessons/`, { title: 'Too many' }, teacher);
  await t.del(`/lessons/${third.at('id')}/`, teacher);
  await t.post(`/courses/${id}/publish/`, undefined, teacher);
  await t.post(`/courses/${id}/unpublish/`, undefined, teacher);
  await t.post(`/courses/${id}/publish/`, undefined, teacher);

  // Learning.
  const entered = await t.post(`/courses/${id}/enroll/`, undefined, me);
  await t.post(`/courses/${id}/enroll/`, undefined, { ...me, status: 409 });
  const learning = await t.get('/enrollments/', me);
  const enrollment = learning.at('results.0.id');
  await t.get(`/enrollments/${enrollment}/`, me);
  await t.get(`/enrollments/${enrollment}/`, { ...demo, status: 404 });
  for (const l of [lesson, second])
    await t.post(`/enrollments/${enrollment}/mark-lesson-complete/`, { lesson_id: l.at('id') }, me);
  const certificate = await t.post(`/enrollments/${enrollment}/certificate/`, undefined, me);
  await t.get(`/certificates/verify/${(certificate.at('verification_url') ?? certificate.at('verification_code') ?? '').split('/').filter(Boolean).at(-1)}`);
  const review = await t.post(`/courses/${id}/reviews/`, { rating: 5, title: 'Lovely', comment: 'I hear them all now.' }, me);
  await t.post(`/courses/${id}/reviews/${review.at('id')}/helpful/`, undefined, demo);
  await t.put(`/courses/${id}/reviews/${review.at('id')}/reply/`, { reply: 'Thank you!' }, teacher);
  await t.del(`/courses/${id}/reviews/${review.at('id')}/reply/`, teacher);
  await t.get('/dashboard/stats/', demo);
  await t.get('/dashboard/continue-learning/', demo);
  await t.get('/dashboard/recommendations/', demo);
  await t.put('/dashboard/goals/', { target_hours_per_month: 12 }, me);

  // Buying.
  const paid = list.json.results.filter((c) => Number(c.price) > 0);
  const wish = await t.post('/wishlist/items/', { course_id: paid[0].id }, me);
  await t.get('/wishlist/', me);
  await t.del(`/wishlist/items/${wish.at('id')}/`, me);
  const item = await t.post('/cart/items/', { course_id: paid[0].id }, me);
  await t.get('/cart/', me);
  await t.del(`/cart/items/${item.at('id')}/`, me);
  await t.post('/cart/items/', { course_id: paid[0].id }, me);
  await t.del('/cart/', me);
  await t.post('/orders/create-from-cart/', {}, { ...me, status: 400 });
  await t.post('/cart/items/', { course_id: paid[0].id }, me);
  const order = await t.post('/orders/create-from-cart/', {
    billing_address: {
      first_name: 'John', last_name: 'Doe', email, address_line1: '1 Main Street', city: 'Oslo', postal_code: '0150', country: 'Norway',
    },
  }, me);
  await t.get('/orders/?status=pending', me);
  await t.get(`/orders/${order.at('id')}/`, me);
  const intent = await t.post('/payments/create-payment-intent/', { order_id: order.at('id') }, me);
  await t.post('/payments/confirm-payment/', {
    order_id: order.at('id'), payment_intent_id: intent.at('client_secret'), payment_method: 'pm_card_chargeDeclined',
  }, { ...me, status: 402 });
  await t.post('/payments/confirm-payment/', { order_id: order.at('id'), payment_intent_id: intent.at('client_secret') }, me);
  await t.get(`/receipts/${order.at('id')}.pdf`, me);
  await t.post('/payments/webhooks/stripe/', ...stripeEvent(`evt_${n}`));
  await t.post('/payments/webhooks/stripe/', { id: 'evt_1', type: 'payment_intent.succeeded' }, { status: 400 });

  // What one is told.
  const told = await t.until('/notifications/?page_size=2', me, (r) => r.at('count') > 0 || r.at('results.length') > 0);
  await t.get('/notifications/unread-count/', me);
  await t.put(`/notifications/${told.at('results.0.id')}/read/`, undefined, me);
  await t.put('/notifications/read-all/', undefined, me);
  const preferences = await t.get('/notifications/preferences/', me);
  await t.put('/notifications/preferences/', { preferences: preferences.at('preferences').slice(0, 1) }, me);

  // Another password, and out.
  await t.post('/auth/password-reset/', { email });
  await t.post('/auth/password-reset/confirm/', { token: await t.mailed('reset', email), new_password: 'Another-pass-123!' });
  await t.post('/auth/password-reset/confirm/', { token: 'none', new_password: 'Another-pass-123!' }, { status: 400 });
  const again = await t.post('/auth/login/', { email, password: 'Another-pass-123!' });
  await t.post('/auth/logout/', undefined, { as: again.at('access_token') });
}
