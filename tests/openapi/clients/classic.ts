// classic's documented registration flow and a course, by a client that was generated from the document.
import createClient from 'openapi-fetch';
import type { paths } from '../types/classic.js';
import { must, url } from './told.js';

const anybody = createClient<paths>({ baseUrl: url('classic') });
const username = `typed_${Date.now()}`;
must(
  await anybody.POST('/users/register/', {
    body: { username, email: `${username}@example.com`, password: 'securepass123', first_name: 'John', last_name: 'Doe', role: 'student' },
  }),
);
const tokens = must(await anybody.POST('/token/', { body: { username, password: 'securepass123' } }));
const me = createClient<paths>({ baseUrl: url('classic'), headers: { authorization: `Bearer ${tokens.access}` } });
const profile = must(await me.GET('/users/profile/', {}));
if (profile.username !== username) throw new Error('somebody else');
const courses = must(await me.GET('/courses/', { params: { query: { page_size: 100 } } }));
let course = 0;
for (const c of courses.results) {
  const entered = await me.POST('/enrollments/', { body: { course_id: c.id } });
  if (entered.data) { course = c.id; break; }
}
if (!course) throw new Error('no course is free');
const rows = must(await me.GET('/progress/', { params: { query: { course_id: course } } }));
const row = must(
  await me.PUT('/progress/{id}/', {
    params: { path: { id: rows.results[0]!.id } }, body: { status: 'completed', notes: 'Completed all exercises' },
  }),
);
if (row.status !== 'completed') throw new Error('not completed');
