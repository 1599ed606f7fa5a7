// The demo data in a real PostgreSQL.
#include "cli/demo/demo.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "cli/demo/build.hpp"
#include "cli/demo/catalogue.hpp"
#include "cli/demo/scale.hpp"
#include "runtime/store/migrate.hpp"
#include "stoa/text.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

class silent final : public logger {
 public:
  bool enabled(log_level) const noexcept override { return false; }
  void write(log_level, std::string_view, log_fields) override {}
};

/// An empty migrated database with its store.
class house {
 public:
  house() {
    const auto connection = test_postgres::shared().fresh_database();
    runtime::migrate_options m;
    m.connection = connection;
    m.folder = std::filesystem::path(__FILE__).parent_path() / "../../../migrations";
    runtime::migrate(m);
    runtime::store_options o;
    o.connection = connection;
    store = std::make_unique<runtime::store>(std::move(o));
  }

  demo::demo_report load(int courses = 64, std::string moment = "2026-01-27T16:05:00Z") {
    manual_clock time{*parse_rfc3339(moment)};
    silent log;
    demo::demo_options options;
    options.courses = courses;
    auto hash = [this](const std::string& password) {
      ++hashes;
      return "hash of " + password;
    };
    auto loading = demo::load(*store, hash, time, log, options);
    auto answer = wait_for<demo::demo_report>(std::move(loading));
    REQUIRE(answer);
    return *answer;
  }

  /// The rows of a query as text, a line each; as `system`, so that row-level security hides nothing.
  std::vector<std::string> lines(const std::string& sql) {
    std::vector<std::string> out;
    auto outcome = transact_now(
        *store,
        [&](connection& c) -> result<done> {
          const auto found = c.run(statement{"test.query", sql.c_str()}, {});
          for (const auto row : found) out.push_back(row.text(0));
          return done{};
        },
        acts_as_system());
    REQUIRE(outcome);
    return out;
  }
  std::int64_t number(const std::string& sql) { return std::stoll(lines("select (" + sql + ")::text").at(0)); }

  std::unique_ptr<runtime::store> store;
  int hashes = 0;
};

}  // namespace

TEST_CASE("the demo fills every shelf", "[demo]") {
  house h;
  REQUIRE_FALSE(*wait_for<bool>(demo::loaded(*h.store)));
  const auto report = h.load();
  CHECK(report.loaded);
  CHECK(report.courses_added == 64);
  CHECK(report.accounts.size() == 3);
  CHECK(h.hashes == 1);
  REQUIRE(*wait_for<bool>(demo::loaded(*h.store)));

  CHECK(h.number("select count(*) from category") == 8);
  CHECK(h.number("select count(*) from course") == 64);
  CHECK(h.number("select count(*) from course where status = 'published'") == 60);
  CHECK(h.number("select count(*) from course where status = 'published' and price_minor = 0") == 12);
  CHECK(h.number("select count(distinct level) from course") == 3);
  CHECK(h.number("select count(distinct language) from course") >= 4);
  CHECK(h.number("select count(*) from course where published_at > '2026-01-27'::timestamptz - interval '30 days'") >=
        8);
  CHECK(h.number(
            "select min(n) from (select count(*) n from course where status = 'published' group by category_id) x") >=
        6);
  CHECK(h.number("select count(*) from section") == 64 * 5);
  CHECK(h.number("select count(*) from lesson") == 64 * 40);
  CHECK(h.number("select count(*) from lesson where is_preview") == 64 * 2);
  CHECK(h.number("select count(*) from account") == 40);
  CHECK(h.number("select count(*) from learner") == 40);
  CHECK(h.number("select count(distinct password_hash) from account") == 1);
  CHECK(h.number("select count(*) from enrollment") >= 250);
  CHECK(h.number("select count(*) from review") >= 120);
  CHECK(h.number("select count(*) from review_vote") >= 200);
  CHECK(h.number("select count(*) from review where created_at > '2026-01-20'") >= 5);
  CHECK(h.number("select count(*) from cart_item") >= 8);
  CHECK(h.number("select count(*) from cart") == 8);
  CHECK(h.number("select count(*) from wishlist") == 8);
  CHECK(h.number("select count(*) from outbox") == 0);
  for (const auto& account : report.accounts)
    CHECK(h.number("select count(*) from account where email_key = '" + account.email +
                   "' and first_name || ' ' || last_name = '" + account.name + "'") == 1);
  for (const auto& email : h.lines("select email from account")) CHECK(looks_like_email(email));
}

TEST_CASE("the demo's rows agree with each other", "[demo]") {
  house h;
  h.load(1164);
  const auto none = [&](const std::string& rows) {
    INFO(rows);
    CHECK(h.number("select count(*) from (" + rows + ") bad") == 0);
  };
  CHECK(h.number("select count(*) from course_numbers") == 1164);
  none(R"(select 1 from course_numbers n
          left join (select course_id, count(*) students from enrollment group by course_id) e using (course_id)
          where n.students <> coalesce(e.students, 0))");
  none(R"(select 1 from course_numbers n
          left join (select course_id, count(*) c, sum(rating) s, count(*) filter (where rating = 1) r1,
                            count(*) filter (where rating = 2) r2, count(*) filter (where rating = 3) r3,
                            count(*) filter (where rating = 4) r4, count(*) filter (where rating = 5) r5
                     from review group by course_id) r using (course_id)
          where (n.rating_count, n.rating_sum, n.rating_1, n.rating_2, n.rating_3, n.rating_4, n.rating_5) is distinct from
                (coalesce(c, 0), coalesce(s, 0), coalesce(r1, 0), coalesce(r2, 0), coalesce(r3, 0), coalesce(r4, 0),
                 coalesce(r5, 0)))");
  none(R"(select 1 from
          (select c.instructor_id, count(*) courses, sum(n.students) students, sum(n.rating_count) c, sum(n.rating_sum) s
           from course c join course_numbers n on n.course_id = c.id where c.status = 'published' group by c.instructor_id) t
          left join instructor_numbers i using (instructor_id)
          where (i.courses, i.students, i.rating_count, i.rating_sum) is distinct from (t.courses, t.students, t.c, t.s))");
  none("select 1 from review r where helpful_count <> (select count(*) from review_vote v where v.review_id = r.id)");
  none("select 1 from review_vote v join review r on r.id = v.review_id where v.user_id = r.user_id");
  none(
      "select 1 from review r where not exists (select 1 from enrollment e where e.user_id = r.user_id and e.course_id "
      "= r.course_id)");
  none(
      "select 1 from enrollment e join course c on c.id = e.course_id where c.status <> 'published' or e.enrolled_at < "
      "c.published_at");
  none("select 1 from enrollment e join account a on a.id = e.user_id where e.enrolled_at < a.created_at");
  none("select 1 from lesson l join section s on s.id = l.section_id where s.course_id <> l.course_id");
  none(
      "select 1 from course where published_at < created_at or updated_at < created_at or original_price_minor <= "
      "price_minor");

  // Money: every paid course of the written ones came with an order, and orders are the sums of their items.
  none(R"(select 1 from enrollment e join course c on c.id = e.course_id join account a on a.id = e.user_id
          where a.email not like 'reader.%' and (c.price_minor > 0) <> (e.order_id is not null))");
  none(R"(select 1 from enrollment e where e.order_id is not null and not exists
          (select 1 from order_item i join customer_order o on o.id = i.order_id
           where o.id = e.order_id and i.course_id = e.course_id and o.user_id = e.user_id and o.status = 'completed'))");
  none(
      R"(select 1 from customer_order o where total_minor <> (select sum(price_minor) from order_item i where i.order_id = o.id)
          or order_number !~ '^ORD-20[0-9]{2}-[0-9]{5}$' or receipt_number !~ '^RCP-20[0-9]{2}-[0-9]{5}$')");
  CHECK(h.number("select count(*) from customer_order") == h.number("select last_value from order_number"));

  // Progress: completed when the last lesson is, and nothing has happened in the future.
  none(R"(select 1 from enrollment e where (completed_at is not null) <>
          ((select count(*) from lesson_progress p where p.enrollment_id = e.id and p.completed_at is not null) =
           (select count(*) from lesson l where l.course_id = e.course_id)))");
  none(
      "select 1 from enrollment e where exists (select 1 from lesson_progress p where p.enrollment_id = e.id and "
      "p.updated_at > e.last_accessed_at)");
  none(
      "select 1 from lesson_progress p join enrollment e on e.id = p.enrollment_id join lesson l on l.id = p.lesson_id "
      "where l.course_id <> e.course_id or p.user_id <> e.user_id or p.updated_at < e.enrolled_at");
  for (const auto* column :
       {"course.updated_at", "course.published_at", "review.created_at", "enrollment.last_accessed_at",
        "lesson_progress.updated_at", "customer_order.completed_at", "cart_item.added_at"}) {
    const std::string name(column);
    none("select 1 from " + name.substr(0, name.find('.')) + " where " + name + " > '2026-01-27T00:00:00Z'");
  }
}

TEST_CASE("the contract's example filter finds demo courses", "[demo]") {
  house h;
  h.load();
  CHECK(
      h.number(
          R"(select count(*) from course c join category k on k.id = c.category_id join course_numbers n on n.course_id = c.id
    where k.name = 'Development' and c.level = 'beginner' and c.price_minor between 0 and 10000 and c.status = 'published'
      and n.rating_count > 0 and n.rating_sum >= 4.0 * n.rating_count)") >= 3);
  CHECK(h.number("select count(*) from course where status = 'published' and search @@ websearch_to_tsquery('simple', "
                 "'web development')") >= 3);
}

TEST_CASE("the documented student has a week to look back on", "[demo]") {
  house h;
  h.load();
  const std::string me = "user_id = (select id from account where email = 'student@example.com')";
  CHECK(h.number("select count(*) from enrollment where " + me) == 7);
  CHECK(h.number("select count(*) from enrollment where completed_at is not null and " + me) == 3);
  CHECK(h.lines(
             "select distinct (completed_at at time zone 'UTC')::date::text from lesson_progress where completed_at >= "
             "'2026-01-20T00:00:00Z' and " +
             me + " order by 1")
            .size() == 8);
  CHECK(h.number("select target_hours_per_month from learner where " + me) == 20);
}

TEST_CASE("loading again changes nothing, and two loads are alike", "[demo]") {
  house one, other;
  one.load();
  other.load();
  const std::string
      courses = "select md5(row(c.*)::text) from course c order by number",
      rest =
          "select md5(string_agg(t, '|' order by t)) from (select row(l.*)::text t from lesson l union all select "
          "row(r.*)::text from "
          "review r union all select row(o.*)::text from customer_order o union all select row(e.*)::text from "
          "enrollment e union all "
          "select row(p.*)::text from lesson_progress p union all select row(a.*)::text from account a) x";
  const auto before = one.lines(courses);
  CHECK(before == other.lines(courses));
  const auto all = one.lines(rest);
  CHECK(all == other.lines(rest));

  const auto again = one.load(64, "2026-02-20T08:00:00Z");
  CHECK_FALSE(again.loaded);
  CHECK(again.courses_added == 0);
  CHECK(again.accounts.size() == 3);
  CHECK(one.hashes == 1);
  CHECK(one.lines(courses) == before);
  CHECK(one.lines(rest) == all);

  SECTION("more courses are added to those that are there") {
    CHECK(one.load(164).courses_added == 100);
    CHECK(one.load(1764).courses_added == 1600);
    CHECK(one.load(1764).courses_added == 0);
    CHECK(one.load(100).courses_added == 0);
    CHECK(other.load(1764).courses_added == 1700);
    // Also which number they have, whichever loader was faster.
    for (const char* table : {"course", "section", "lesson"}) {
      const auto numbers = std::string("select number || ' ' || id from ") + table + " order by number";
      CHECK(one.lines(numbers) == other.lines(numbers));
    }
    CHECK(one.lines("select md5(row(c.id, c.title, c.slug, c.price_minor, c.created_at)::text) from course c order by "
                    "c.id") ==
          other.lines(
              "select md5(row(c.id, c.title, c.slug, c.price_minor, c.created_at)::text) from course c order by c.id"));
  }
}

TEST_CASE("a demo beside somebody who has one of its addresses is refused whole", "[demo]") {
  house h;
  h.lines(
      "insert into account (id, email, email_key, password_hash, created_at, updated_at) values (gen_random_uuid(), "
      "'student@example.com', 'student@example.com', '', now(), now()) returning id::text");
  manual_clock time{*parse_rfc3339("2026-01-27T16:05:00Z")};
  silent log;
  auto hash = [](const std::string&) { return std::string{"x"}; };
  auto answer = wait_for<demo::demo_report>(demo::load(*h.store, hash, time, log));
  REQUIRE_FALSE(answer);
  CHECK(answer.refusal().code == "DEMO_CONFLICT");
  CHECK(h.number("select count(*) from course") == 0);
}

TEST_CASE("the demo's texts are complete", "[demo]") {
  std::set<std::string_view> titles, emails;
  for (const auto& c : demo::courses()) {
    INFO(c.title);
    CHECK(titles.insert(c.title).second);
    CHECK(code_points(c.title) >= 10);
    CHECK(code_points(c.summary) >= 30);
    CHECK_FALSE(c.summary == c.title);
    CHECK((c.original_minor == 0 || c.original_minor > c.price_minor));
    for (const auto t : c.topics) CHECK_FALSE(t.empty());
    for (const auto o : c.outcomes) CHECK_FALSE(o.empty());
    CHECK(demo::phrasing_of(c.language).language == c.language);
  }
  for (const auto& r : demo::review_texts()) CHECK((r.rating >= 1 && r.rating <= 5));
  const auto core = demo::build_core(date{days{20480}});
  std::map<std::string, int> slugs;
  for (const auto& c : core.courses) CHECK(++slugs[c.slug] == 1);
}

TEST_CASE("a crowd learns ten courses each", "[demo]") {
  house h;
  h.load();
  const auto courses = h.number("select sum(students) from course_numbers");
  silent log;
  const date day = *parse_iso_date("2026-01-27");
  const auto add = [&] { return wait_for<int>(demo::add_crowd(*h.store, day, "hash", log, 420)); };
  REQUIRE(*add() == 420);
  CHECK(*add() == 0);
  const std::string theirs = "join account a on a.id = user_id and a.email like 'scale.%'";
  CHECK(h.number("select count(*) from enrollment " + theirs) == 4200);
  CHECK(h.number("select count(*) from lesson_progress " + theirs) >= 42'000);
  CHECK(h.number("select count(*) from enrollment " + theirs + " where completed_at is not null") >= 21);
  CHECK(h.number("select sum(students) from course_numbers") == courses + 4200);
  const auto none = [&](const std::string& rows) {
    INFO(rows);
    CHECK(h.number("select count(*) from (" + rows + ") bad") == 0);
  };
  none(
      "select 1 from lesson_progress p join enrollment e on e.id = p.enrollment_id where p.completed_at > "
      "'2026-01-27' or p.completed_at < e.enrolled_at or p.completed_at > e.last_accessed_at");
  none("select 1 from enrollment e join course c on c.id = e.course_id where e.enrolled_at < c.published_at");
  none(R"(select 1 from enrollment e where (completed_at is not null) <>
          ((select count(*) from lesson_progress p where p.enrollment_id = e.id and p.completed_at is not null) =
           (select count(*) from lesson l where l.course_id = e.course_id)))");
}
