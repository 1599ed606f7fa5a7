// What is about many courses: the statements of categories, and who counts students and courses.
#include <map>
#include <set>
#include <variant>

#include "actors/course/course_service.hpp"
#include "actors/course/course_store.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/columns.hpp"
#include "stoa/events.hpp"

namespace stoa::actors::course_store {

// The name before the slug: one category's name may be what another's slug was made of.
constexpr auto find_category_sql = "select " + columns<category, "k"> + R"( from category k
  where k.id::text = lower(:p1::text) or k.name collate name_identity = :p1::text or k.slug = lower(:p1::text)
  order by k.id::text = lower(:p1::text) desc, k.name collate name_identity = :p1::text desc limit 1)";
const statement find_category{"category.find", find_category_sql};
const statement count_categories{"category.count_of_creator",
                                 "select count(*) from category where created_by = :p1::uuid"};
const statement add_category{"category.add", R"(
  with made as (
    insert into category (id, name, slug, created_by)
    select :p1::uuid, :p2::text, :p3::text, (select id from account where id = :p5::uuid)
    on conflict do nothing returning id, number, name, slug),
  told as (
    )" STOA_TELL(":p4") R"(, made)
  select id, number, name, slug from made)"};
constexpr auto categories_sql = "select " + columns<category, "k"> + " from category k order by k.name, k.id";
const statement categories{"category.all", categories_sql};

const statement bestsellers{"course.bestsellers", R"(
  select category_id, (array_agg(students order by students desc))[ceil(count(*) / 10.0)::int]
  from (select c.category_id, coalesce(n.students, 0) as students
        from course c left join course_numbers n on n.course_id = c.id where c.status = 'published') published
  group by category_id)"};

// What no consumer has counted yet has no row of its own: an instructor's is made by `count_instructors` alone.
const statement count_students{"course.count_students",
                               R"(
  with added as (
    select t.id, t.n, c.instructor_id, c.status = 'published' as shown
    from unnest(:p1::uuid[], :p2::bigint[]) as t (id, n) join course c on c.id = t.id),
  counted as (
    insert into course_numbers (course_id, students) select id, n from added order by id
    on conflict (course_id) do update set students = course_numbers.students + excluded.students),
  summed as (
    update instructor_numbers w set students = w.students + s.n
    from (select instructor_id, sum(n) as n from added where shown group by instructor_id) s
    where w.instructor_id = s.instructor_id),
  lists as (
    select jsonb_agg(id order by id) as courses, jsonb_agg(distinct instructor_id) as instructors
    from added having count(*) > 0),
  told as (
    )" STOA_TELL_AS(":p3", "e.entity",
                               "jsonb_build_object('course_ids', lists.courses, 'instructor_ids', lists.instructors)")
                                   R"(, lists)
  select count(*) from added)"};

const statement count_instructors{"course.count_instructors", R"(
  with summed as (
    insert into instructor_numbers (instructor_id, courses, students, rating_count, rating_sum)
    select a.id, count(c.id), coalesce(sum(n.students), 0), coalesce(sum(n.rating_count), 0), coalesce(sum(n.rating_sum), 0)
    from unnest(:p1::uuid[]) as t (id) join account a on a.id = t.id
    left join course c on c.instructor_id = a.id and c.status = 'published'
    left join course_numbers n on n.course_id = c.id
    group by a.id order by a.id
    on conflict (instructor_id) do update set courses = excluded.courses, students = excluded.students,
      rating_count = excluded.rating_count, rating_sum = excluded.rating_sum
    returning instructor_id),
  told as (
    )" STOA_TELL(":p2") R"()
  select count(*) from summed)"};

}  // namespace stoa::actors::course_store

namespace stoa::actors {
namespace {

struct counting {
  std::map<course_id, std::int64_t> students;  // in order of ids: two of these never wait for each other crosswise
  std::set<user_id> instructors;

  void add(const heard<enrollment_created>& e) {
    if (!e.fact.course_id.is_nil()) ++students[e.fact.course_id];
  }
  template <class E>
  void add(const heard<E>& e) {
    instructors.insert(e.fact.instructor_id);
  }
};

result<done> count(connection& db, const counting& what, timestamp now) {
  const auto told = event_rows(now).tell(std::nullopt, uuid{}, course_numbers_counted{});
  if (!what.students.empty()) {
    std::vector<course_id> ids;
    std::vector<std::string> counts;
    for (const auto& [id, n] : what.students) {
      ids.push_back(id);
      counts.push_back(std::to_string(n));
    }
    db.run(course_store::count_students, {value::array(ids), value::array(counts), told});
  }
  if (!what.instructors.empty()) {
    const std::vector<user_id> ids(what.instructors.begin(), what.instructors.end());
    const auto anew = event_rows(now).tell(std::nullopt, uuid{}, course_numbers_counted{{}, ids});
    db.run(course_store::count_instructors, {value::array(ids), anew});
  }
  return done{};
}

}  // namespace

subscription course_numbers_subscription(services& s) {
  using batch = batch_of<enrollment_created, course_published, course_updated, review_posted>;
  auto out = consume<enrollment_created, course_published, course_updated, review_posted>(
      "course_numbers", [&s](connection& db, const batch& events) {
        counting what;
        for (const auto& e : events) std::visit([&](const auto& one) { what.add(one); }, e);
        return count(db, what, s.time.now());
      });
  out.committed = [&s](const std::vector<event>&) { s.events_written(); };
  return out;
}

}  // namespace stoa::actors
