#include "runtime/store/idempotency.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

#include "stoa/crypto.hpp"
#include "stoa/json.hpp"

namespace stoa::runtime {
namespace {

/// A request that never ended (its server was killed) frees its key after this; far beyond any request's deadline.
constexpr seconds reservation_life{60};
constexpr hours answer_life{24};

// Had its time: as good as new. Reserved by a try that is gone and had begun with the same body: goes on from its
// steps.
constexpr statement reserve{"idempotency.reserve", R"(
  insert into idempotency (scope, fingerprint, token, created_at, held_until, expires_at)
  values (:p1::text, :p2::text, :p3::uuid, :p4::timestamptz, :p5::timestamptz, :p5::timestamptz)
  on conflict (scope) do update set fingerprint = excluded.fingerprint, token = excluded.token,
    created_at = excluded.created_at, held_until = excluded.held_until, status = null, reply = null,
    steps = case when idempotency.expires_at <= :p4::timestamptz then '[]' else idempotency.steps end,
    expires_at = greatest(excluded.expires_at,
      case when idempotency.expires_at <= :p4::timestamptz then excluded.expires_at else idempotency.expires_at end)
  where idempotency.expires_at <= :p4::timestamptz
    or (idempotency.status is null and idempotency.held_until <= :p4::timestamptz
        and idempotency.fingerprint = excluded.fingerprint)
  returning steps::text)"};

constexpr statement look{"idempotency.look",
                         "select fingerprint, status, reply from idempotency where scope = :p1::text"};

constexpr statement keep{"idempotency.keep", R"(
  update idempotency set status = :p1::int, reply = :p2::jsonb, expires_at = :p3::timestamptz, steps = '[]'
  where scope = :p4::text and token = :p5::uuid)"};

constexpr statement release{"idempotency.release", R"(
  with gone as (
    delete from idempotency
    where scope = :p1::text and token = :p2::uuid and status is null and steps = '[]' returning 1)
  update idempotency set held_until = :p3::timestamptz
  where scope = :p1::text and token = :p2::uuid and status is null and steps <> '[]')"};

constexpr statement due{"idempotency.due", R"(
  select count(*) from (select 1 from idempotency where expires_at < :p1::timestamptz limit :p2::bigint) due)"};
constexpr statement expire{"idempotency.expire", R"(
  with gone as (
    delete from idempotency where scope in (
      select scope from idempotency where expires_at < :p1::timestamptz order by expires_at limit :p2::bigint
      for update skip locked)
    returning 1)
  select count(*) from gone)"};
constexpr purge_rule expired{"idempotency", &due, &expire};

std::string scope_of(const idempotency_slot& s) { return hex(sha256(s.caller + '\n' + s.operation + '\n' + s.key)); }

std::string encode(const reply& r) {
  json_writer w;
  w.begin_object();
  w.key("content_type"), w.string(r.content_type);
  w.key("headers");
  w.begin_array();
  for (const auto& [name, value] : r.headers) {
    w.begin_array();
    w.string(name);
    w.string(value);
    w.end_array();
  }
  w.end_array();
  w.key("body"), w.string(r.body_text());
  w.end_object();
  return w.take();
}

reply decode(int status, std::string_view text) {
  reply r;
  r.status = status;
  json::limits wide;
  wide.values = 1'000'000;
  auto kept = json::parse(text, wide);
  if (!kept) return r;
  if (const auto* type = kept->find("content_type")) r.content_type = type->text();
  if (const auto* headers = kept->find("headers"))
    for (const auto& h : headers->items())
      if (h.items().size() == 2) r.headers.emplace_back(h.items()[0].text(), h.items()[1].text());
  if (const auto* body = kept->find("body")) r.body.push_back({body->text(), nullptr});
  return r;
}

std::vector<once_scope::step> steps_of(std::string_view text) {
  std::vector<once_scope::step> steps;
  json::limits wide;
  wide.values = 1'000'000;
  auto kept = json::parse(text, wide);
  if (!kept) throw std::runtime_error("the steps of a request cannot be read");
  for (const auto& s : kept->items()) {
    if (s.items().size() != 2) continue;
    auto outcome = from_base64url(s.items()[1].text());
    if (!outcome) throw std::runtime_error("a step of a request cannot be read");
    steps.push_back({s.items()[0].text(), std::move(*outcome)});
  }
  return steps;
}

}  // namespace

idempotency_store::~idempotency_store() = default;

task<idempotency_state> idempotency_table::begin(idempotency_slot slot) {
  const auto scope = scope_of(slot);
  values v{scope, slot.body_hash, slot.token, slot.now, slot.now + reservation_life};
  auto reserving = db_.query(acts_as_system(), reserve, std::move(v), lane::commands);
  auto mine = co_await std::move(reserving);
  idempotency_state out;
  if (!mine.empty()) {
    out.once = std::make_shared<once_scope>(scope, slot.token, steps_of(mine.front().raw(0)));
    co_return out;
  }
  values key{scope};
  auto looking = db_.query(acts_as_system(), look, std::move(key), lane::commands);
  auto found = co_await std::move(looking);
  if (found.empty()) {
    // Given back between the two statements: to ask again is the client's next try.
    out.what = idempotency_state::outcome::in_flight;
  } else if (found.front().raw(0) != slot.body_hash) {
    out.what = idempotency_state::outcome::other_body;
  } else if (found.front().null(1)) {
    out.what = idempotency_state::outcome::in_flight;
  } else {
    out.what = idempotency_state::outcome::replay;
    out.kept = decode(static_cast<int>(found.front().integer(1)), found.front().raw(2));
  }
  co_return out;
}

task<done> idempotency_table::finish(idempotency_slot slot, reply answer) {
  values v{answer.status, encode(answer), slot.now + answer_life, scope_of(slot), slot.token};
  auto writing = db_.query(acts_as_system(), keep, std::move(v), lane::commands);
  co_await std::move(writing);
  co_return done{};
}

task<done> idempotency_table::abandon(idempotency_slot slot) {
  values v{scope_of(slot), slot.token, slot.now};
  auto writing = db_.query(acts_as_system(), release, std::move(v), lane::commands);
  co_await std::move(writing);
  co_return done{};
}

const purge_rule& idempotency_table::purge_of_expired() { return expired; }

task<std::int64_t> idempotency_table::purge(timestamp now, purge_options options) {
  return stoa::purge(db_, expired, now, options);
}

}  // namespace stoa::runtime
