import { createHmac } from 'node:crypto';
import { admin, fresh, instructor, password, student } from './people.mjs';

/// RFC 6238, as an authenticator app does it: 30 seconds, six digits.
function code(secret, periods = 0) {
  let bits = '';
  for (const c of secret.replace(/=+$/, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + periods));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

const question = (text, more) => ({ question_text: text, question_type: 'multiple_choice', options: ['A', 'B', 'C', 'D'], correct_answer: 'B', points: 1, ...more });

export default async function (t) {
  const n = fresh();
  const email = `candidate${n}@example.com`;
  await t.get('/health');
  await t.get('/ready');
  const made = await t.post('/auth/register', { email, password: 'SecurePass123!', full_name: 'John Doe' });
  await t.post('/auth/register', { email: 'none' }, { status: 422 });
  await t.post('/auth/verify-email', { token: await t.mailed('verif', email) });
  const login = await t.post('/auth/login', { email, password: 'SecurePass123!' });
  await t.post('/auth/login', { email, password: 'Wrong-password-1' }, { status: 401 });
  const refreshed = await t.post('/auth/refresh', { refresh_token: login.at('refresh_token') });
  const me = { as: refreshed.at('access_token') };
  const teacher = { as: (await t.post('/auth/login', { email: instructor, password })).at('access_token') };
  const root = { as: (await t.post('/auth/login', { email: admin, password })).at('access_token') };
  const demo = { as: (await t.post('/auth/login', { email: student, password })).at('access_token') };
  await t.get('/auth/verify-email', me);
  await t.post('/auth/verify-email/resend', undefined, me);
  const user = await t.get('/users/me', me);
  await t.get('/users/me', { status: 401 });
  await t.patch('/users/me', { full_name: 'John A. Doe' }, me);
  const sessions = await t.get('/auth/sessions', me);
  const other = sessions.json.items.find((s) => !s.current);
  await t.del(`/auth/sessions/${other.id}`, me);
  await t.del('/auth/sessions', me);

  // Courses and lessons.
  const course = await t.post('/courses', {
    title: `Python Basics ${n}`, description: 'From the first line on.', category: 'Development', difficulty_level: 'beginner',
    estimated_duration_minutes: 90,
  }, teacher);
  const id = course.at('id');
  await t.post('/courses', { title: 'Not allowed' }, { ...me, status: 403 });
  await t.patch(`/courses/${id}`, { description: 'From the first line to the first program.' }, teacher);
  const lessons = [];
  for (const title of ['Values', 'Loops', 'Functions'])
    lessons.push((await t.post(`/courses/${id}/lessons`, { title, content_type: 'article', content: `All about ${title.toLowerCase()}.`, duration_minutes: 15 }, teacher)).at('id'));
  await t.patch('/lessons/reorder', { course_id: id, lesson_ids: [lessons[1], lessons[0], lessons[2]] }, teacher);
  await t.patch(`/lessons/${lessons[0]}`, { is_preview: true }, teacher);
  await t.del(`/lessons/${lessons[2]}`, teacher);
  await t.post(`/courses/${id}/publish`, undefined, teacher);
  await t.post(`/courses/${id}/unpublish`, undefined, teacher);
  await t.post(`/courses/${id}/publish`, undefined, teacher);
  await t.get('/courses?page_size=2', me);
  await t.get(`/courses/${id}`, me);
  await t.get('/courses/none', { ...me, status: 404 });
  await t.get(`/courses/${id}/lessons`, teacher);
  await t.get(`/lessons/${lessons[0]}`, me);
  const gone = await t.post('/courses', { title: `Draft ${n}` }, teacher);
  await t.del(`/courses/${gone.at('id')}`, teacher);

  // A quiz and its bank.
  const bank = await t.post('/question-bank/questions', question('What is Python?', { tags: ['basics'], explanation: 'A language.' }), teacher);
  await t.post('/question-bank/questions', question('What is a loop?', { tags: ['basics'] }), teacher);
  await t.get('/question-bank/questions?tag=basics&page_size=2', teacher);
  await t.get(`/question-bank/questions/${bank.at('id')}`, teacher);
  await t.patch(`/question-bank/questions/${bank.at('id')}`, { points: 2 }, teacher);
  await t.get('/question-bank/tags', teacher);
  await t.get('/question-bank/export?format=gift', teacher);
  await t.call('POST', '/question-bank/import?format=gift', { ...teacher, headers: { 'content-type': 'application/octet-stream' }, raw: '::Sky:: What colour is the sky? {=blue ~green ~red}\n' });
  const quiz = await t.post('/quizzes', { course_id: id, title: 'Python Basics Quiz', description: 'Test your knowledge', time_limit_minutes: 30, passing_score_percentage: 70 }, teacher);
  const q = quiz.at('id');
  const first = await t.post(`/quizzes/${q}/questions`, question('What prints?'), teacher);
  const spare = await t.post(`/quizzes/${q}/questions`, question('Too many?'), teacher);
  await t.patch(`/questions/${first.at('id')}`, { points: 2 }, teacher);
  await t.del(`/questions/${spare.at('id')}`, teacher);
  await t.post(`/question-bank/quizzes/${q}/draws`, { tag: 'basics', count: 1 }, teacher);
  await t.patch(`/quizzes/${q}`, { max_attempts: 3 }, teacher);
  await t.post(`/quizzes/${q}/publish`, undefined, teacher);
  await t.post(`/quizzes/${q}/unpublish`, undefined, teacher);
  await t.post(`/quizzes/${q}/publish`, undefined, teacher);
  await t.get(`/quizzes?course_id=${id}`, me);
  await t.post(`/quizzes/${q}/attempts`, undefined, { ...me, status: 403 });
  const doomed = await t.post('/quizzes', { course_id: id, title: 'Another' }, teacher);
  await t.del(`/quizzes/${doomed.at('id')}`, teacher);
  await t.del(`/question-bank/questions/${bank.at('id')}`, teacher);

  // Learning and being examined.
  const enrollment = await t.post('/enrollments', { course_id: id }, me);
  await t.post('/enrollments', { course_id: id }, { ...me, status: 409 });
  await t.get(`/quizzes/${q}`, me);
  await t.put(`/quizzes/${q}/accommodations/${user.at('id')}`, { extra_minutes: 10 }, teacher);
  const attempt = await t.post(`/quizzes/${q}/attempts`, undefined, me);
  const a = attempt.at('id');
  await t.get(`/attempts/${a}`, me);
  await t.put(`/attempts/${a}/answers/${first.at('id')}`, { answer: 'B' }, me);
  await t.put(`/attempts/${a}/answers/${first.at('id')}`, {}, { ...me, status: 422 });
  await t.post(`/attempts/${a}/submit`, { answers: [{ question_id: first.at('id'), answer: 'B' }] }, me);
  await t.get(`/attempts/${a}/history`, teacher);
  await t.get(`/quizzes/${q}/attempts`, me);
  await t.post(`/quizzes/${q}/regrade`, undefined, teacher);
  for (const l of lessons.slice(0, 2)) await t.post(`/enrollments/${enrollment.at('id')}/lessons/${l}/complete`, undefined, me);
  await t.get('/enrollments/my-courses', me);
  await t.get(`/enrollments/${enrollment.at('id')}`, me);
  await t.get('/enrollments/none', { ...me, status: 404 });

  // Certificates.
  const certificate = await t.post('/certificates/generate', { enrollment_id: enrollment.at('id') }, me);
  const c = certificate.at('id');
  await t.get('/certificates/my-certificates', me);
  await t.get(`/certificates/${c}`, me);
  await t.get(`/certificates/${c}/download`, { ...me, around: true });
  await t.get(`/certificates/verify/${certificate.json.verification_code ?? certificate.json.verification_url?.split('/').filter(Boolean).at(-1)}`);
  await t.post(`/certificates/${c}/revoke`, { reason: 'A mistake.' }, root);

  // Numbers.
  await t.get('/analytics/student', me);
  await t.get(`/analytics/courses/${id}/analytics?days=7`, teacher);
  await t.get('/analytics/instructor?days=7', teacher);
  await t.get('/analytics/system?days=7', root);
  await t.get('/analytics/system', { ...me, status: 403 });

  // Files.
  const form = new FormData();
  form.append('file', new Blob(['A note about birds.\n'], { type: 'text/plain' }), 'birds.txt');
  const file = await t.call('POST', '/files/upload', { ...me, raw: form });
  await t.get('/files', me);
  await t.get(`/files/${file.at('id')}`, me);
  await t.get(`/files/${file.at('id')}/download`, { ...me, around: true });
  await t.del(`/files/${file.at('id')}`, me);

  const tus = { 'tus-resumable': '1.0.0' };
  const part = { 'content-type': 'application/offset+octet-stream' };
  const upload = await t.call('POST', '/files/tus', {
    ...me, headers: { ...tus, ...part, 'upload-length': '10', 'upload-metadata': `filename ${btoa('notes.txt')},filetype ${btoa('text/plain')}` }, raw: 'Birds',
  });
  const place = `/files/tus/${upload.headers.get('location').split('/').at(-1)}`;
  await t.get(place, { ...me, headers: tus });
  await t.call('PATCH', place, { ...me, headers: { ...tus, ...part, 'upload-offset': '5' }, raw: ' sing' });
  const given = await t.call('POST', '/files/tus', { ...me, aside: true, headers: { ...tus, ...part, 'upload-length': '10' }, raw: 'Bir' });
  await t.del(`/files/tus/${given.headers.get('location').split('/').at(-1)}`, { ...me, headers: tus });

  // What one is told.
  const told = await t.until('/notifications?page_size=2', me, (r) => (r.at('items.length') ?? r.at('results.length')) > 0);
  await t.get('/notifications/unread-count', me);
  await t.put(`/notifications/${told.at('items.0.id') ?? told.at('results.0.id')}/read`, undefined, me);
  await t.put('/notifications/read-all', undefined, me);
  const preferences = await t.get('/notifications/preferences', me);
  await t.put('/notifications/preferences', { preferences: preferences.at('preferences').slice(0, 1) }, me);

  // A second factor, another password, and out.
  const factor = await t.post('/auth/mfa/enable', undefined, demo);
  const secret = factor.at('secret');
  await t.post('/auth/mfa/verify', { code: code(secret, -1) }, demo);
  await t.post('/auth/login', { email: student, password }, { status: 401 });
  await t.post('/auth/mfa/login', { email: student, password, mfa_code: code(secret) });
  const codes = await t.post('/auth/mfa/recovery-codes', { code: code(secret, 1) }, demo);
  await t.post('/auth/mfa/disable', { code: codes.at('recovery_codes.0') }, demo);
  await t.post('/users/me/password', { current_password: 'SecurePass123!', new_password: 'Another-Pass-123!' }, me);
  await t.post('/auth/password-reset', { email });
  await t.post('/auth/password-reset/confirm', { token: await t.mailed('reset', email), new_password: 'A-third-Pass-123!' });
  const last = await t.post('/auth/login', { email, password: 'A-third-Pass-123!' });
  await t.post('/auth/logout', undefined, { as: last.at('access_token') });
}

/// A stream, and what signed links lead to.
export const elsewhere = ['get_quizzes_quiz_id_live', 'get_certificates_certificate_id_file', 'get_files_file_id_content'];
