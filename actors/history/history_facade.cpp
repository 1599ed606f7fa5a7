#include <charconv>
#include <stdexcept>
#include <string_view>

#include "actors/attempt/attempt_store.hpp"
#include "actors/facades.hpp"
#include "actors/history/history_store.hpp"
#include "stoa/areas/history.hpp"

namespace stoa::actors {
namespace {

/// Calls `each(id, number)` for the lines `id number`.
template <class F>
void each_line(std::string_view lines, F&& each) {
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const auto id = uuid::parse(line.substr(0, 36));
    std::int64_t number = 0;
    const auto from = line.data() + std::min<std::size_t>(line.size(), 37), to = line.data() + line.size();
    if (!id || std::from_chars(from, to, number).ptr != to) throw std::runtime_error("a line of history is none");
    each(*id, number);
  }
}

class history_facade final : public history {
 public:
  explicit history_facade(services& s) : db_(s.db) {}

  task<std::vector<past_study>> studies(std::int64_t after, std::int64_t limit) override {
    values v{after, limit};
    const auto found = co_await db_.query(acts_as_system(), history_store::studies, std::move(v));
    std::vector<past_study> out;
    out.reserve(found.size());
    for (const auto& r : found) {
      auto& s = out.emplace_back();
      s.number = r.integer(0);
      s.user = r.as<user_id>(1);
      s.course = r.as<course_id>(2);
      s.since = r.time(3);
      s.finished_at = r.opt_time(4);
      each_line(r.raw(5), [&](const uuid& id, std::int64_t us) {
        s.lessons.push_back({lesson_id{id}, from_unix_us(us)});
      });
    }
    co_return out;
  }

  task<std::vector<past_sale>> sales(std::optional<past_sale> after, std::int64_t limit) override {
    std::optional<timestamp> at;
    std::optional<order_id> id;
    if (after) at = after->at, id = after->order;
    values v{at, id, limit};
    const auto found = co_await db_.query(acts_as_system(), history_store::sales, std::move(v));
    std::vector<past_sale> out;
    out.reserve(found.size());
    for (const auto& r : found) {
      auto& s = out.emplace_back();
      s.order = r.as<order_id>(0);
      s.at = r.time(1);
      s.currency = r.text(2);
      std::vector<course_share> prices;
      each_line(r.raw(4), [&](const uuid& course, std::int64_t minor) {
        prices.push_back({course_id{course}, minor});
      });
      s.shares = shares_of(std::move(prices), r.integer(3));
    }
    co_return out;
  }

  task<std::vector<past_attempt>> attempts(timestamp until, std::optional<attempt_id> after,
                                           std::int64_t limit) override {
    values v{until, after, limit};
    const auto found = co_await db_.query(acts_as_system(), history_store::attempts, std::move(v));
    std::vector<past_attempt> out;
    out.reserve(found.size());
    for (const auto& r : found) {
      auto& a = out.emplace_back();
      a.attempt = r.as<attempt_id>(0);
      a.user = r.as<user_id>(1);
      a.course = r.as<course_id>(2);
      a.quiz = r.as<quiz_id>(3);
      a.at = r.time(4);
      a.score = r.integer(5);
      a.passed = r.boolean(6);
      if (r.null(8)) {
        a.answers = attempt_store::answers_of(r.raw(7));
        continue;
      }
      attempt_regraded since;
      wire::problems passed_over;
      wire::decode(json::parse(r.raw(8)).value(), "", since, passed_over);
      a.score = since.former_score;
      a.passed = since.formerly_passed;
      a.answers = std::move(since.former);
    }
    co_return out;
  }

  task<std::vector<day_count>> registrations(timestamp until) override {
    values v{until};
    const auto found = co_await db_.query(acts_as_system(), history_store::registrations, std::move(v));
    std::vector<day_count> out;
    out.reserve(found.size());
    for (const auto& r : found) out.push_back({r.day(0), r.integer(1)});
    co_return out;
  }

 private:
  database& db_;
};

}  // namespace

void offer_history(services& s) { s.areas.offer<history>(std::make_shared<history_facade>(s)); }

}  // namespace stoa::actors
