#include "shelf.hpp"

#include "stoa/columns.hpp"
#include "stoa/once.hpp"

namespace stoa_plugin::files {

using stoa::acts_as;
using stoa::acts_as_system;
using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::result;
using stoa::statement;
using stoa::task;
using stoa::timestamp;

namespace {

constexpr auto whole_file = stoa::columns<file, "f">;

constexpr statement open_account{"open_account", R"(
  insert into plugin_files.usage (user_id) values (:p1::uuid) on conflict do nothing)"};
// One row a person: uploads of one at the same time wait for each other here, and nowhere else.
constexpr statement count_in{"count_in", R"(
  update plugin_files.usage set bytes = bytes + :p2::bigint, files = files + 1
  where user_id = :p1::uuid and bytes + :p2::bigint <= :p3::bigint and files < :p4::bigint returning 1)"};
constexpr statement count_out{"count_out", R"(
  update plugin_files.usage set bytes = bytes - :p2::bigint, files = files - 1 where user_id = :p1::uuid)"};

constexpr statement expect_one{"expect", R"(
  insert into plugin_files.file
    (id, user_id, state, object, original_filename, stored_filename, content_type, file_size, uploaded_at, due_at,
     in_parts, metadata)
  values (:p1::uuid, :p2::uuid, 'arriving', :p3::text, :p4::text, :p5::text, :p6::text, :p7::bigint,
          :p8::timestamptz, :p9::timestamptz, :p10::boolean, :p11::text))"};

constexpr auto keep_sql = R"(
  update plugin_files.file f
  set state = 'stored', content_type = :p3::text, uploaded_at = :p4::timestamptz, due_at = null, received = f.file_size,
      upload_state = '', busy_token = null, busy_until = null
  where f.user_id = :p1::uuid and f.id = :p2::uuid and f.state in ('arriving', 'whole') returning )" +
                          whole_file;
constexpr statement keep_one{"keep", keep_sql};

// A part that is on its way may still write into the object: it goes when that has ended.
constexpr auto let_go_sql = R"(
  update plugin_files.file f
  set state = 'leaving', due_at = greatest(:p4::timestamptz, f.busy_until)
  where f.user_id = :p1::uuid and f.id = :p2::uuid
    and (f.state = 'stored' or (:p3::boolean and f.state <> 'leaving')) returning )" +
                            whole_file;
constexpr statement let_one_go{"let_go", let_go_sql};
constexpr statement forget_one{"forget", R"(
  delete from plugin_files.file where id = :p1::uuid and state = 'leaving')"};
constexpr statement put_one_off{"put_off", R"(
  update plugin_files.file set due_at = :p2::timestamptz where id = :p1::uuid and due_at is not null)"};

constexpr auto find_sql = "select " + whole_file + R"(
  from plugin_files.file f where f.user_id = :p1::uuid and f.id = :p2::uuid and f.state <> 'leaving')";
constexpr statement find_one{"find", find_sql};
constexpr auto find_stored_sql =
    "select " + whole_file + " from plugin_files.file f where f.id = :p1::uuid and f.state = 'stored'";
constexpr statement find_stored_one{"find_stored", find_stored_sql};
constexpr statement count_own{"count", R"(
  select count(*) from plugin_files.file f where f.user_id = :p1::uuid and f.state = 'stored')"};
constexpr auto list_sql = "select " + whole_file + R"(
  from plugin_files.file f where f.user_id = :p1::uuid and f.state = 'stored'
  order by f.uploaded_at desc, f.id desc limit :p2::bigint offset :p3::bigint)";
constexpr statement list_page{"list", list_sql};

constexpr auto take_sql = R"(
  update plugin_files.file f set busy_token = :p4::uuid, busy_until = :p5::timestamptz
  where f.user_id = :p1::uuid and f.id = :p2::uuid and f.state = 'arriving' and f.in_parts
    and f.received = :p3::bigint and f.due_at > :p6::timestamptz
    and (f.busy_until is null or f.busy_until <= :p6::timestamptz) returning )" +
                          whole_file;
constexpr statement take_one{"take", take_sql};
constexpr auto received_sql = R"(
  update plugin_files.file f
  set received = :p3::bigint, upload_state = :p4::text, due_at = :p5::timestamptz, busy_token = null, busy_until = null,
      state = case when :p3::bigint = f.file_size then 'whole' else f.state end
  where f.id = :p1::uuid and f.busy_token = :p2::uuid and f.state = 'arriving' returning )" +
                              whole_file;
constexpr statement note_received{"received", received_sql};
constexpr statement give_one_back{"give_back", R"(
  update plugin_files.file set busy_token = null, busy_until = null where id = :p1::uuid and busy_token = :p2::uuid)"};

constexpr auto due_sql = "select " + whole_file + R"(
  from plugin_files.file f
  where f.due_at <= :p1::timestamptz and (f.busy_until is null or f.busy_until <= :p1::timestamptz)
  order by f.due_at limit :p2::bigint)";
constexpr statement list_due{"due", due_sql};

constexpr statement list_unknown{"unknown", R"(
  select o.name from unnest(:p1::text[]) as o(name)
  where not exists (select 1 from plugin_files.file f where f.object = o.name))"};

std::optional<file> first_of(const stoa::rows& found) {
  if (found.empty()) return std::nullopt;
  return stoa::read_columns<file>(found.front());
}

}  // namespace

task<file> shelf::expect(file coming, file_limits limits) {
  std::function<result<file>(stoa::connection&)> work = [=](stoa::connection& c) -> result<file> {
    c.run(open_account, {coming.user});
    if (c.run(count_in, {coming.user, coming.file_size, limits.quota, limits.most_files}).empty())
      return fault(fault_kind::too_large, "QUOTA_EXCEEDED", "There is no room for this file among yours.");
    c.run(expect_one,
          {coming.id, coming.user, coming.object, coming.original_filename, coming.stored_filename, coming.content_type,
           coming.file_size, coming.uploaded_at, coming.due_at, coming.in_parts, coming.metadata});
    return coming;
  };
  return stoa::transact_once<file>(db_, acts_as(coming.user), "files.expect", std::move(work));
}

task<std::optional<file>> shelf::keep(file_id id, stoa::user_id owner, std::string content_type, timestamp now) {
  stoa::values bound{owner, id, content_type, now};
  const auto kept = co_await db_.query(acts_as(owner), keep_one, std::move(bound), stoa::lane::commands);
  co_return first_of(kept);
}

task<file> shelf::let_go(file_id id, stoa::user_id owner, bool any, timestamp now) {
  auto gone = std::make_shared<file>();
  std::function<result<done>(stoa::connection&)> work = [=](stoa::connection& c) -> result<done> {
    auto found = first_of(c.run(let_one_go, {owner, id, any, now}));
    if (!found) return unknown_file();
    c.run(count_out, {owner, found->file_size});
    *gone = std::move(*found);
    return done{};
  };
  co_await db_.in_transaction(acts_as(owner), std::move(work));
  co_return std::move(*gone);
}

task<done> shelf::forget(file_id id) {
  stoa::values bound{id};
  co_await db_.query(acts_as_system(), forget_one, std::move(bound), stoa::lane::commands);
  co_return done{};
}

task<done> shelf::put_off(file_id id, timestamp due) {
  stoa::values bound{id, due};
  co_await db_.query(acts_as_system(), put_one_off, std::move(bound), stoa::lane::commands);
  co_return done{};
}

task<file> shelf::find(file_id id, stoa::user_id owner) {
  stoa::values bound{owner, id};
  auto found = first_of(co_await db_.query(acts_as(owner), find_one, std::move(bound)));
  if (!found) co_return unknown_file();
  co_return std::move(*found);
}

task<file> shelf::find_stored(file_id id) {
  stoa::values bound{id};
  auto found = first_of(co_await db_.query(acts_as_system(), find_stored_one, std::move(bound)));
  if (!found) co_return unknown_file();
  co_return std::move(*found);
}

task<stoa::page_of<file>> shelf::list(stoa::user_id owner, stoa::page_request asked) {
  stoa::page_of<file> out;
  out.asked = asked;
  stoa::values counted{owner};
  const auto count = co_await db_.query(acts_as(owner), count_own, std::move(counted));
  out.total = count.front().integer(0);
  stoa::values bound{owner, asked.size, asked.offset()};
  const auto found = co_await db_.query(acts_as(owner), list_page, std::move(bound));
  for (const auto& r : found) out.items.push_back(stoa::read_columns<file>(r));
  co_return out;
}

task<std::optional<file>> shelf::take(file_id id, stoa::user_id owner, std::int64_t offset, stoa::uuid token,
                                      timestamp until, timestamp now) {
  stoa::values bound{owner, id, offset, token, until, now};
  const auto taken = co_await db_.query(acts_as(owner), take_one, std::move(bound), stoa::lane::commands);
  co_return first_of(taken);
}

task<std::optional<file>> shelf::received(file_id id, stoa::uuid token, std::int64_t all, std::string upload_state,
                                          timestamp due) {
  stoa::values bound{id, token, all, upload_state, due};
  const auto noted = co_await db_.query(acts_as_system(), note_received, std::move(bound), stoa::lane::commands);
  co_return first_of(noted);
}

task<done> shelf::give_back(file_id id, stoa::uuid token) {
  stoa::values bound{id, token};
  co_await db_.query(acts_as_system(), give_one_back, std::move(bound), stoa::lane::commands);
  co_return done{};
}

task<std::vector<file>> shelf::due(timestamp now, std::int64_t most) {
  stoa::values bound{now, most};
  const auto found = co_await db_.query(acts_as_system(), list_due, std::move(bound));
  std::vector<file> out;
  for (const auto& r : found) out.push_back(stoa::read_columns<file>(r));
  co_return out;
}

task<std::vector<std::string>> shelf::unknown(std::vector<std::string> objects) {
  stoa::values bound{stoa::value::array(objects)};
  const auto found = co_await db_.query(acts_as_system(), list_unknown, std::move(bound));
  std::vector<std::string> out;
  for (const auto& r : found) out.push_back(r.text(0));
  co_return out;
}

}  // namespace stoa_plugin::files
