// lms's documented way through courses, by a client that was generated from the document.
import createClient from 'openapi-fetch';
import type { paths } from '../types/lms.js';
import { must, url } from './told.js';

const anybody = createClient<paths>({ baseUrl: url('lms') });
const email = `typed${Date.now()}@example.com`;
must(await anybody.POST('/auth/register', { body: { email, password: 'SecurePass123!', full_name: 'John Doe' } }));
const session = must(await anybody.POST('/auth/login', { body: { email, password: 'SecurePass123!' } }));
const me = createClient<paths>({ baseUrl: url('lms'), headers: { authorization: `Bearer ${session.access_token}` } });
const user = must(await me.GET('/users/me', {}));
if (user.email !== email) throw new Error('somebody else');
const courses = must(await me.GET('/courses', { params: { query: { page_size: 50 } } }));
const details = await Promise.all(courses.items.map((c) => me.POST('/enrollments', { body: { course_id: c.id } })));
const entered = details.find((d) => d.data)?.data;
if (!entered) throw new Error('no course is free');
const lessons = must(await me.GET('/courses/{course_id}/lessons', { params: { path: { course_id: entered.course_id } } }));
must(
  await me.POST('/enrollments/{enrollment_id}/lessons/{lesson_id}/complete', {
    params: { path: { enrollment_id: entered.id, lesson_id: lessons.items[0]!.id } },
  }),
);
const mine = must(await me.GET('/enrollments/my-courses', {}));
if (mine.items.length < 1) throw new Error('not enrolled');
