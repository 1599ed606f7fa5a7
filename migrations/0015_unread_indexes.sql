-- Written by every enrolment and read by no statement: a course's students are counted in course_numbers.
drop index enrollment_of_course;
