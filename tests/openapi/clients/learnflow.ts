// learnflow's documented way to a course, by a client that was generated from the document.
import createClient from 'openapi-fetch';
import type { paths } from '../types/learnflow.js';
import { must, url } from './told.js';

const anybody = createClient<paths>({ baseUrl: url('learnflow') });
const made = must(
  await anybody.POST('/auth/register/', {
    body: { email: `typed${Date.now()}@example.com`, password: 'SecurePass123!', first_name: 'John', last_name: 'Doe' },
  }),
);
const me = createClient<paths>({ baseUrl: url('learnflow'), headers: { authorization: `Bearer ${made.access_token}` } });
const courses = must(await me.GET('/courses/', { params: { query: { ordering: '-rating', page_size: 50 } } }));
const course = courses.results.find((c) => c.price > 0)!;
must(await me.POST('/cart/items/', { body: { course_id: course.id } }));
const order = must(await me.POST('/orders/create-from-cart/', { body: {} }));
const intent = must(await me.POST('/payments/create-payment-intent/', { body: { order_id: order.id } }));
must(await me.POST('/payments/confirm-payment/', { body: { order_id: order.id, payment_intent_id: intent.client_secret } }));
const learning = must(await me.GET('/enrollments/', {}));
if (learning.count !== 1 || learning.results[0]!.course.id !== course.id) throw new Error('not enrolled');
