// Who walks: the people of the demo data, who have one password.
export const password = 'Learn-stoa-2026';
export const student = 'student@example.com';
export const instructor = 'instructor@example.com';
export const admin = 'admin@example.com';

/// A word that no earlier run used, so that a flow may be walked again over the same data.
export const fresh = () => process.env.STOA_WALK ?? '1';
