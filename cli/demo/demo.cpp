#include "cli/demo/demo.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "cli/demo/build.hpp"
#include "cli/demo/scale.hpp"
#include "cli/demo/write.hpp"

namespace stoa::demo {
namespace {

/// Rows of so many courses go into one transaction: no statement comes near the store's time limit.
constexpr int courses_at_once = 500;
/// What adds blocks at the same time: one waits for the disk while the other computes.
constexpr int loaders = 3;
static_assert(block_size % courses_at_once == 0, "a transaction lies within one block");

constexpr statement find_marker{"demo.find_marker", "select 1 from account where id = :p1::uuid"};
constexpr statement one_at_a_time{"demo.one_at_a_time", "select pg_advisory_xact_lock(5704001)"};
constexpr statement one_block_at_a_time{"demo.one_block_at_a_time", "select pg_advisory_xact_lock(5704002, :p1::int)"};
constexpr statement count_present{"demo.count_present", "select count(*) from course where id = any(:p1::uuid[])"};
constexpr statement list_present{"demo.list_present", "select id from course where id = any(:p1::uuid[])"};
/// Whoever adds rows meanwhile takes numbers behind those that are kept for the demo.
constexpr statement nobody_adds{"demo.nobody_adds", "lock table course, section, lesson in share row exclusive mode"};
constexpr statement keep_numbers{"demo.keep_numbers", R"(
  select first, setval(name, first + :p2::bigint - 1)
  from (select pg_get_serial_sequence(:p1::text, 'number')::regclass as name,
               nextval(pg_get_serial_sequence(:p1::text, 'number')) as first) taken)"};
/// Without statistics the first searches among many new courses would be planned as among none.
constexpr statement refresh_statistics[] = {
    {"demo.analyze_course", "analyze course"},   {"demo.analyze_numbers", "analyze course_numbers"},
    {"demo.analyze_section", "analyze section"}, {"demo.analyze_lesson", "analyze lesson"},
    {"demo.analyze_review", "analyze review"},   {"demo.analyze_enrollment", "analyze enrollment"},
};

/// Nobody else counts meanwhile: the subscription that does holds its place.
constexpr statement count_alone{"demo.count_alone",
                                "select 1 from subscription_offset where name = 'course_numbers' for update"};
constexpr statement teaching{"demo.teaching", "select distinct instructor_id from course where status = 'published'"};
constexpr statement count_teaching{"demo.count_teaching", R"(
  insert into instructor_numbers (instructor_id, courses, students, rating_count, rating_sum)
  select c.instructor_id, count(*), coalesce(sum(n.students), 0), coalesce(sum(n.rating_count), 0),
         coalesce(sum(n.rating_sum), 0)
  from course c left join course_numbers n on n.course_id = c.id
  where c.status = 'published' and c.instructor_id = any(:p1::uuid[])
  group by c.instructor_id order by c.instructor_id
  on conflict (instructor_id) do update set courses = excluded.courses, students = excluded.students,
    rating_count = excluded.rating_count, rating_sum = excluded.rating_sum)"};
/// Instructors that one statement counts: of many courses that takes a while.
constexpr std::size_t counted_at_once = 16;

/// The first courses of the tracks that a fresh database has, the easier ones first; what operators put there stays.
constexpr statement fill_tracks{"demo.fill_tracks", R"(
  insert into track_course (track_code, course_id, position)
  select t.code, c.id, c.place
  from (values ('DP', 'data-science'), ('FSD', 'development')) as wanted(code, category)
  join track t on t.code = wanted.code
  cross join lateral (
    select c.id, row_number() over (order by array_position(array['beginner', 'intermediate', 'advanced'], c.level),
                                             c.number) as place
    from course c join category k on k.id = c.category_id
    where k.slug = wanted.category and c.status = 'published' and c.price_minor > 0
    order by place limit 4) c
  where not exists (select 1 from track_course there where there.track_code = t.code))"};

fault does_not_fit() {
  return {fault_kind::conflict, "DEMO_CONFLICT",
          "The demo data does not fit beside what is stored: an address or a slug of it is taken."};
}

/// Runs in the store's thread.
result<done> add_core(connection& db, const dataset& rows, const std::string& hash, bool& added) {
  added = false;
  db.run(one_at_a_time, {});
  if (!db.run(find_marker, {value(marker())}).empty()) return done{};
  try {
    write(db, rows, hash);
    db.run(fill_tracks, {});
  } catch (const db_error& e) {
    if (e.unique_violation()) return does_not_fit();
    throw;
  }
  added = true;
  return done{};
}

/// Numbers that were taken for the generated courses from `first` on and for their parts, so that who has which does
/// not hang on which loader is faster.
struct kept_numbers {
  int first = 0;
  std::int64_t course = 0, section = 0, lesson = 0;

  /// `d` is of courses from `from` on.
  void give(dataset& d, int from) const {
    const auto give_each = [](auto& rows, std::int64_t number) {
      for (auto& r : rows) r.number = number++;
    };
    const std::int64_t before = from - first;
    give_each(d.courses, course + before);
    give_each(d.sections, section + before * generated_sections);
    give_each(d.lessons, lesson + before * generated_sections * lessons_of_section);
  }
};

/// For all from the first one that is not there.
result<done> keep(connection& db, int generated, kept_numbers& kept) {
  db.run(one_at_a_time, {});
  std::vector<std::string> ids;
  for (int n = 0; n < generated; ++n) ids.push_back(generated_course(n).str());
  std::unordered_set<std::string> present;
  for (const auto& row : db.run(list_present, {value::array(ids)})) present.insert(row.text(0));
  kept.first = static_cast<int>(
      std::find_if(ids.begin(), ids.end(), [&](const std::string& id) { return !present.contains(id); }) - ids.begin());
  const std::int64_t wanted = generated - kept.first;
  if (wanted == 0) return done{};
  db.run(nobody_adds, {});
  const auto take = [&](const char* table, std::int64_t each) {
    return db.run(keep_numbers, {table, wanted * each}).front().integer(0);
  };
  kept.course = take("course", 1);
  kept.section = take("section", generated_sections);
  kept.lesson = take("lesson", generated_sections * lessons_of_section);
  return done{};
}

result<done> add_generated(connection& db, date day, int first, int last, const std::string& hash,
                           const kept_numbers& numbers, int& added) {
  added = 0;
  db.run(one_block_at_a_time, {first / block_size});
  std::vector<std::string> ids;
  for (int n = first; n < last; ++n) ids.push_back(generated_course(n).str());
  // Courses were added in their order, so those that are there are the first.
  const auto present = static_cast<int>(db.run(count_present, {value::array(ids)}).front().integer(0));
  if (first + present >= last) return done{};
  try {
    auto rows = build_generated(day, first + present, last);
    numbers.give(rows, first + present);
    write(db, rows, hash);
  } catch (const db_error& e) {
    if (e.unique_violation()) return does_not_fit();
    throw;
  }
  added = last - first - present;
  return done{};
}

/// Every `loaders`-th block, a transaction of `courses_at_once` courses after the other. How many were added.
task<int> add_blocks(database& db, date day, int lane, int generated, const std::string& hash,
                     const kept_numbers& numbers, logger& log) {
  int all = 0;
  for (int block = lane * block_size; block < generated; block += loaders * block_size) {
    for (int first = block; first < std::min(block + block_size, generated); first += courses_at_once) {
      const int last = std::min(first + courses_at_once, generated);
      int added = 0;
      std::function<result<done>(connection&)> work = [&](connection& c) {
        return add_generated(c, day, first, last, hash, numbers, added);
      };
      auto running = db.in_transaction(acts_as_system(), std::move(work));
      co_await std::move(running);
      all += added;
      if (added > 0 && last % 10'000 == 0) log.info("demo courses generated", {{"courses", last}});
    }
  }
  co_return all;
}

/// What their courses come to, counted once: each course that is loaded would sum it up until an event has it counted.
task<done> count_instructors(database& db) {
  auto asking = db.query(teaching, {});
  const auto found = co_await std::move(asking);
  std::vector<user_id> all;
  for (const auto& r : found) all.push_back(r.as<user_id>(0));
  for (std::size_t from = 0; from < all.size(); from += counted_at_once) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(from + counted_at_once, all.size()));
    const std::vector<user_id> some(all.begin() + static_cast<std::ptrdiff_t>(from), end);
    std::function<result<done>(connection&)> work = [some](connection& c) -> result<done> {
      c.run(count_alone, {});
      c.run(count_teaching, {value::array(some)});
      return done{};
    };
    auto running = db.in_transaction(acts_as_system(), std::move(work));
    co_await std::move(running);
  }
  co_return done{};
}

/// The outcome of several loaders: the sum, or the first fault.
class added_together {
 public:
  added_together(int count, callback_awaiter<int>::completion ended) : left_(count), ended_(std::move(ended)) {}

  void ended(result<int> r) {
    std::unique_lock lock(guard_);
    if (!r && !failed_) failed_ = r.refusal();
    if (r) sum_ += *r;
    if (--left_ > 0) return;
    lock.unlock();
    ended_(failed_ ? result<int>(*failed_) : result<int>(sum_));
  }

 private:
  std::mutex guard_;
  int left_, sum_ = 0;
  std::optional<fault> failed_;
  callback_awaiter<int>::completion ended_;
};

}  // namespace

const std::vector<demo_account>& accounts() {
  static const std::vector<demo_account> all{{"student", "student@example.com", "Robin Halloway"},
                                             {"instructor", "instructor@example.com", "Nora Castellan"},
                                             {"admin", "admin@example.com", "Alex Quill"}};
  return all;
}

task<bool> loaded(database& db) {
  values bound{value(marker())};
  auto asked = db.query(acts_as_system(), find_marker, std::move(bound));
  auto found = co_await std::move(asked);
  co_return !found.empty();
}

task<demo_report> load(database& db, hash_function hash, const clock& time, logger& log, demo_options options) {
  demo_report report;
  report.accounts = accounts();
  const date day = std::chrono::floor<days>(time.now());
  const int generated = options.courses - handwritten_courses();

  const bool there = co_await loaded(db);
  if (there && generated <= 0 && !options.scale) co_return report;
  const std::string hashed = hash(options.password);
  if (!there) {
    const dataset rows = build_core(day);
    std::function<result<done>(connection&)> work = [&](connection& c) {
      return add_core(c, rows, hashed, report.loaded);
    };
    auto running = db.in_transaction(acts_as_system(), std::move(work));
    co_await std::move(running);
    if (report.loaded) {
      report.courses_added = handwritten_courses();
      log.info("demo data loaded", {{"courses", rows.courses.size()},
                                    {"accounts", rows.accounts.size()},
                                    {"enrollments", rows.enrollments.size()},
                                    {"reviews", rows.reviews.size()}});
    }
  }

  if (generated > 0) {
    kept_numbers numbers;
    std::function<result<done>(connection&)> keeping = [&](connection& c) { return keep(c, generated, numbers); };
    auto kept = db.in_transaction(acts_as_system(), std::move(keeping));
    co_await std::move(kept);
    callback_awaiter<int> all_added([&](callback_awaiter<int>::completion ended) {
      auto all = std::make_shared<added_together>(loaders, std::move(ended));
      for (int lane = 0; lane < loaders; ++lane) {
        auto adding = add_blocks(db, day, lane, generated, hashed, numbers, log);
        detach<int>(std::move(adding), [all](result<int> r) { all->ended(std::move(r)); });
      }
    });
    report.courses_added += co_await all_added;
  }
  if (options.scale) report.learners_added = co_await add_crowd(db, day, hashed, log);
  if (report.courses_added > 0 || report.learners_added > 0) {
    for (const auto& table : refresh_statistics) {
      auto running = as_result(db.query(table, {}, lane::commands));
      const auto outcome = co_await running;
      // The data is there all the same, and PostgreSQL gathers them by itself a little later.
      if (!outcome) log.debug("statistics not gathered", {{"statement", table.name}});
    }
    co_await count_instructors(db);
  }
  co_return report;
}

}  // namespace stoa::demo
