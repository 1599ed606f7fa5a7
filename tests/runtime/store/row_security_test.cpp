// The second wall: rows of a person are there only for the acting person, whatever a statement asks for.
#include <catch2/catch.hpp>
#include <fstream>

#include "actors/account/account_store.hpp"
#include "actors/session/session_store.hpp"
#include "runtime/events/outbox_store.hpp"
#include "runtime/store/migrate.hpp"
#include "runtime/store/plain.hpp"
#include "runtime/store/store.hpp"
#include "stoa/jobs.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr statement make_account{"test.account", R"(
  insert into account (id, email, email_key, password_hash, created_at, updated_at)
  values (:p1::uuid, :p2::text, :p2::text, '', now(), now()))"};
constexpr statement make_cart{"test.make_cart", R"(
  insert into cart (user_id, id, updated_at) values (:p1::uuid, gen_random_uuid(), now()))"};
constexpr statement carts_of{"test.carts_of", R"(
  select user_id from cart where user_id = :p1::uuid)"};
constexpr statement change_cart{"test.change_cart", R"(
  update cart set version = version + 1 where user_id = :p1::uuid returning version)"};
constexpr statement all_carts{"test.all_carts", "select user_id from cart"};

constexpr statement make_course{"test.make_course", R"(
  insert into course (id, instructor_id, title, slug, created_at, updated_at)
  values (:p1::uuid, :p2::uuid, 'C', 'c', now(), now()))"};
constexpr statement make_session{"test.make_session", R"(
  insert into session (id, user_id, dialect, created_at, expires_at)
  values (gen_random_uuid(), :p1::uuid, 'lms', now(), now()))"};
constexpr statement make_review{"test.make_review", R"(
  insert into review (id, course_id, user_id, rating, created_at)
  values (gen_random_uuid(), :p1::uuid, :p2::uuid, 5, now()))"};
constexpr statement make_vote{"test.make_vote", R"(
  insert into review_vote (review_id, user_id) select id, :p1::uuid from review)"};
constexpr statement tell{"test.tell", R"(
  insert into outbox (id, kind, user_id, entity, at) values (gen_random_uuid(), 'x', :p1::uuid, :p1::uuid, now()))"};
constexpr statement keep{"test.keep", R"(
  insert into idempotency (scope, fingerprint, created_at, expires_at) values ('s', '', now(), now()))"};
constexpr statement sessions{"test.sessions", "select 1 from session"};
constexpr statement end_sessions{"test.end_sessions", "update session set revoked_at = now() returning 1"};
constexpr statement reviews{"test.reviews", "select 1 from review"};
constexpr statement change_reviews{"test.change_reviews", "update review set rating = 1 returning 1"};
constexpr statement votes{"test.votes", "select 1 from review_vote"};
constexpr statement events{"test.events", "select 1 from outbox"};
constexpr statement answers_kept{"test.answers_kept", "select 1 from idempotency"};

constexpr statement every_account{"test.accounts", "select 1 from account"};
constexpr statement ada_renames{"test.rename",
                                "update account set first_name = 'Eve' where email like 'ada@%' returning 1"};
constexpr statement make_guard{"test.guard", "insert into sign_in_guard (identifier) values (:p1::text)"};
constexpr statement every_guard{"test.guards", "select 1 from sign_in_guard"};
constexpr statement unlock{"test.unlock", "update sign_in_guard set locked_until = null returning 1"};
constexpr statement queued{"test.queued", "select payload from job"};
constexpr statement put_off{"test.put_off", "update job set due_at = now() returning 1"};

struct letter {
  static constexpr std::string_view kind = "test.letter";
  std::string to;
};
BOOST_DESCRIBE_STRUCT(letter, (), (to))

std::filesystem::path house_root() {
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path();
}

/// Tables that say who somebody is, or speak of one, without a policy that even their owner keeps.
constexpr const char* open_tables = R"(
  select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
    and (c.oid = 'account'::regclass
      or exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                 and a.attname in ('user_id', 'owner', 'buyer', 'identifier', 'email', 'email_key', 'password_hash', 'payload'))
      or exists (select 1 from pg_constraint f
                 where f.conrelid = c.oid and f.contype = 'f' and f.confrelid = 'account'::regclass))
    and not (c.relrowsecurity and c.relforcerowsecurity
             and exists (select 1 from pg_policy p where p.polrelid = c.oid))
  order by 1)";

struct two_people {
  two_people() {
    const auto connection = test_postgres::shared().fresh_database();
    runtime::migrate_options core;
    core.connection = connection;
    core.folder =
        std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "migrations";
    runtime::migrate(core);
    runtime::store_options options;
    options.connection = connection;
    options.command_workers = options.read_workers = 1;
    db.emplace(options);
    REQUIRE(run_now(*db, make_account, {ada, "ada@example.com"}, lane::commands, acts_as_system()));
    REQUIRE(run_now(*db, make_account, {bob, "bob@example.com"}, lane::commands, acts_as_system()));
  }
  std::size_t found(const statement& s, const acting& who) {
    return run_now(*db, s, {}, lane::commands, who).value().size();
  }
  bool done(const statement& s, values v, const acting& who) {
    return run_now(*db, s, std::move(v), lane::commands, who).ok();
  }

  const user_id ada = user_id::make(), bob = user_id::make();
  std::optional<runtime::store> db;
};

}  // namespace

TEST_CASE("sessions, votes and events are nobody else's to read, and reviews nobody else's to change",
          "[store][security]") {
  two_people p;
  const auto course = course_id::make();
  const auto ada = acts_as(p.ada), bob = acts_as(p.bob), all = acts_as_system(), nobody = acting{};
  REQUIRE(p.done(make_course, {course, p.bob}, nobody));
  REQUIRE(p.done(make_session, {p.ada}, nobody));  // signing in: nobody acts yet
  REQUIRE(p.done(make_review, {course, p.ada}, ada));
  REQUIRE(p.done(make_vote, {p.bob}, bob));
  REQUIRE(p.done(tell, {p.ada}, ada));
  REQUIRE(p.done(keep, {}, all));

  struct expectation {
    const statement* what;
    std::size_t ada, bob, nobody, system;
  };
  for (const auto& e : {expectation{&sessions, 1, 0, 0, 1},
                        {&end_sessions, 1, 0, 0, 1},
                        {&reviews, 1, 1, 1, 1},
                        {&change_reviews, 1, 0, 0, 1},
                        {&votes, 0, 1, 0, 1},
                        {&events, 0, 0, 0, 1},
                        {&answers_kept, 0, 0, 0, 1}}) {
    INFO(e.what->sql);
    CHECK(p.found(*e.what, ada) == e.ada);
    CHECK(p.found(*e.what, bob) == e.bob);
    CHECK(p.found(*e.what, nobody) == e.nobody);
    CHECK(p.found(*e.what, all) == e.system);
  }
  // Nor can anybody write in somebody else's name.
  CHECK_FALSE(p.done(make_review, {course, p.bob}, ada));
  CHECK_FALSE(p.done(make_vote, {p.ada}, bob));
  CHECK_FALSE(p.done(keep, {}, ada));
}

TEST_CASE("an account is its owner's and the server's, and sign-in guards and jobs are the server's alone",
          "[store][security]") {
  two_people p;
  const auto ada = acts_as(p.ada), bob = acts_as(p.bob), all = acts_as_system(), nobody = acting{};
  const auto in_words = job_rows(system_clock().now()).add(letter{"ada"}, microseconds{0}, "once");
  REQUIRE(p.done(make_guard, {"ada@example.com"}, all));
  REQUIRE(p.done(queue_jobs, {in_words}, ada));  // by whoever does what it follows from
  REQUIRE(p.done(queue_jobs, {in_words}, bob));  // its key is taken, and that is all that bob gets to know

  struct expectation {
    const statement* what;
    std::size_t ada, bob, nobody, system;
  };
  for (const auto& e : {expectation{&every_account, 1, 1, 0, 2},
                        {&ada_renames, 1, 0, 0, 1},
                        {&every_guard, 0, 0, 0, 1},
                        {&unlock, 0, 0, 0, 1},
                        {&queued, 0, 0, 0, 1},
                        {&put_off, 0, 0, 0, 1}}) {
    INFO(e.what->sql);
    CHECK(p.found(*e.what, ada) == e.ada);
    CHECK(p.found(*e.what, bob) == e.bob);
    CHECK(p.found(*e.what, nobody) == e.nobody);
    CHECK(p.found(*e.what, all) == e.system);
  }
  CHECK_FALSE(p.done(make_account, {user_id::make(), "eve@example.com"}, ada));
  CHECK_FALSE(p.done(make_account, {user_id::make(), "eve@example.com"}, nobody));
  CHECK_FALSE(p.done(make_guard, {"bob@example.com"}, bob));
  // What refers to an account is not in the way of its policy.
  CHECK(p.done(make_session, {p.ada}, nobody));
  CHECK_FALSE(p.done(make_session, {user_id::make()}, nobody));
}

TEST_CASE("no table that speaks of people is without a policy, but for what is published", "[store][security]") {
  const auto connection = test_postgres::shared().fresh_database();
  const auto migrate = [&](const std::string& scope, const std::filesystem::path& folder) {
    runtime::migrate_options m;
    m.connection = connection;
    m.scope = scope;
    m.folder = folder;
    runtime::migrate(m);
  };
  migrate("core", house_root() / "migrations");
  int plugins = 0;
  for (const auto& plugin : std::filesystem::directory_iterator(house_root() / "plugins")) {
    const auto folder = plugin.path() / "migrations";
    if (!std::filesystem::exists(folder)) continue;
    migrate(plugin.path().filename().string(), folder);
    ++plugins;
  }
  CHECK(plugins >= 2);
  runtime::plain_connection db{connection};
  const auto found = [&] {
    std::vector<std::string> names;
    for (const auto& row : db.run(open_tables)) names.push_back(row.at(0).value());
    return names;
  };
  // A course and what its teacher's courses add up to are read by everybody, and so is a category whoever brought it.
  const std::vector<std::string> published{"public.category", "public.course", "public.instructor_numbers"};
  CHECK(found() == published);
  db.run("create table letter (user_id uuid); create table asked (email text)");
  CHECK(found().size() == published.size() + 2);
  db.run("alter table letter enable row level security; create policy mine on letter using (true)");
  CHECK(found().size() == published.size() + 2);  // its owner, who is the server, would pass
}

TEST_CASE("a migration sees the rows behind the policies of those before it", "[store][security]") {
  const auto connection = test_postgres::shared().fresh_database();
  temp_dir scripts;
  int scripts_there = 0;
  for (const auto& file : std::filesystem::directory_iterator(house_root() / "migrations")) {
    std::filesystem::copy(file.path(), scripts.path() / file.path().filename());
    ++scripts_there;
  }
  runtime::migrate_options core;
  core.connection = connection;
  core.folder = scripts.path();
  runtime::migrate(core);
  runtime::plain_connection db{connection};
  db.run(
      "set stoa.acting = 'system'; insert into account (id, email, email_key, password_hash, created_at, updated_at) "
      "values (gen_random_uuid(), 'a@example.com', 'a@example.com', '', now(), now())");
  const auto next = std::to_string(scripts_there + 1);
  std::ofstream(scripts.path() / (std::string(4 - next.size(), '0') + next + "_names.sql"))
      << "update account set first_name = 'Ada';";
  runtime::migrate(core);
  CHECK(db.run("select first_name from account").at(0).at(0) == "Ada");
}

TEST_CASE("what a start looks for is found by an index, also behind a policy", "[store][security]") {
  two_people p;
  const auto plan = [&](std::string sql) {
    for (auto at = sql.find(":p1"); at != sql.npos; at = sql.find(":p1"))
      sql.replace(at, 3, "timestamptz '2026-01-01'");
    std::string text;
    const auto read = [&](connection& c) -> result<done> {
      c.run({"test.no_scans", "select set_config('enable_seqscan', 'off', true)"}, {});
      const auto lines = "explain " + sql;
      for (const auto& row : c.run({"test.explain", lines.c_str()}, {})) text += row.text(0) + "\n";
      return done{};
    };
    REQUIRE(transact_now(*p.db, read, acts_as_system()));
    return text;
  };
  for (const auto* s : {&actors::account_store::recent_role_changes, &actors::session_store::recently_revoked,
                        &runtime::outbox_store::newest}) {
    const auto way = plan(s->sql);
    INFO(way);
    CHECK(way.find("Seq Scan") == way.npos);
    CHECK(way.find("Index") != way.npos);
  }
}

TEST_CASE("row-level security shows people their own rows and nobody else's", "[store][security]") {
  const auto connection = test_postgres::shared().fresh_database();
  runtime::migrate_options core;
  core.connection = connection;
  core.folder = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "migrations";
  runtime::migrate(core);
  runtime::store_options options;
  options.connection = connection;
  options.command_workers = options.read_workers = 1;
  runtime::store db{options};

  const auto ada = user_id::make(), bob = user_id::make();
  REQUIRE(run_now(db, make_account, {ada, "ada@example.com"}, lane::commands, acts_as_system()));
  REQUIRE(run_now(db, make_account, {bob, "bob@example.com"}, lane::commands, acts_as_system()));
  REQUIRE(run_now(db, make_cart, {ada}, lane::commands, acts_as(ada)));

  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as(ada))->size() == 1);
  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as_system())->size() == 1);
  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as(bob))->empty());
  CHECK(run_now(db, change_cart, {ada}, lane::commands, acts_as(bob))->empty());
  CHECK(run_now(db, change_cart, {ada}, lane::commands, acts_as(ada))->size() == 1);
  // The setting ends with its transaction: without it there is nothing to be seen.
  CHECK(run_now(db, all_carts)->empty());
  // Nor can anybody write in somebody else's name.
  auto forged = run_now(db, make_cart, {bob}, lane::commands, acts_as(ada));
  CHECK_FALSE(forged);
  CHECK(run_now(db, carts_of, {bob}, lane::commands, acts_as_system())->empty());
}
