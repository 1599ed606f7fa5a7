#include <catch2/catch.hpp>

#include "plugins/workspaces/workspace.hpp"
#include "stoa/wire.hpp"

using namespace stoa;
using namespace stoa_plugin::workspaces;

namespace {

const auto noon = *parse_rfc3339("2026-01-27T12:00:00Z");

moment at(microseconds after = {}) { return {noon + after, uuid::make_v7()}; }

open_it opening(std::int64_t per_hour = 10) {
  open_it o;
  o.idle = minutes{30};
  o.lease = minutes{2};
  o.per_hour = per_hour;
  o.ports.first = 8081;
  o.ports.last = 8090;
  return o;
}

settle settling(const turn& t, stage to) {
  settle s;
  s.token = t.token;
  s.to = to;
  s.handle = "abc";
  s.pause = seconds{10};
  s.idle = minutes{30};
  return s;
}

/// The state after it, which has to be a new one.
template <class Command>
workspace after(const workspace& w, const Command& told, const moment& m) {
  auto decided = decide(w, told, m);
  REQUIRE(decided);
  REQUIRE(decided->next);
  return *decided->next;
}
template <class Command>
turn reply_to(const workspace& w, const Command& told, const moment& m) {
  auto decided = decide(w, told, m);
  REQUIRE(decided);
  return decided->reply;
}
template <class Command>
bool changes(const workspace& w, const Command& told, const moment& m) {
  auto decided = decide(w, told, m);
  REQUIRE(decided);
  return decided->next.has_value();
}
template <class Command>
std::string refusal(const workspace& w, const Command& told, const moment& m) {
  auto decided = decide(w, told, m);
  return decided ? "none" : decided.refusal().code;
}

workspace running() {
  const auto m = at();
  auto w = after(workspace{}, opening(), m);
  w.port = 8081;
  turn t;
  t.token = *w.holder;
  return after(w, settling(t, stage::running), m);
}

}  // namespace

TEST_CASE("one opens a workspace, and all others wait for it", "[workspaces]") {
  const auto m = at();
  const auto first = reply_to(workspace{}, opening(), m);
  CHECK(first.mine);
  CHECK(first.at == stage::creating);
  CHECK(first.generation == 1);
  const auto w = after(workspace{}, opening(), m);
  CHECK(w.choice.first == 8081);
  CHECK(w.makings == std::vector<timestamp>{noon});
  for (int i = 0; i < 19; ++i) {
    CHECK_FALSE(changes(w, opening(), at(seconds{1})));
    CHECK_FALSE(reply_to(w, opening(), at(seconds{1})).mine);
  }
  const auto made = after(w, settling(first, stage::running), at(seconds{2}));
  CHECK(made.at == stage::running);
  CHECK(made.handle == "abc");
  CHECK(made.volume);
  CHECK_FALSE(made.holder);
  CHECK(made.idle_at == noon + seconds{2} + minutes{30});
  CHECK_FALSE(reply_to(made, opening(), at(seconds{3})).mine);
}

TEST_CASE("what a killed server began is taken up when its time is over, and it cannot end it any more",
          "[workspaces]") {
  const auto w = after(workspace{}, opening(), at());
  turn lost;
  lost.token = *w.holder;
  take_up taking;
  taking.lease = minutes{2};
  CHECK_FALSE(changes(w, taking, at(minutes{1})));
  const auto m = at(minutes{3});
  const auto second = reply_to(w, taking, m);
  CHECK(second.mine);
  CHECK(second.generation == 1);  // so that what was made of it is found
  const auto theirs = after(w, taking, m);
  CHECK_FALSE(changes(theirs, settling(lost, stage::running), at(minutes{4})));
  CHECK(refusal(theirs, move_port{lost.token, {}}, at(minutes{4})) == "WORKSPACE_BUSY");
  CHECK(after(theirs, settling(second, stage::running), at(minutes{4})).at == stage::running);
}

TEST_CASE("ten workspaces are made in an hour, those that came to nothing are not counted", "[workspaces]") {
  workspace w;
  const auto once = [&](microseconds when, stage to) {
    const auto m = at(when);
    const auto t = reply_to(w, opening(), m);
    w = after(w, opening(), m);
    w = after(w, settling(t, to), m);
    if (to == stage::none) return;
    leave_it leaving;
    leaving.lease = minutes{1};
    const auto gone = reply_to(w, leaving, m);
    auto next = after(w, leaving, m);
    turn mine = gone;
    mine.token = *next.holder;
    w = after(next, settling(mine, stage::none), m);
  };
  for (int i = 0; i < 9; ++i) once(minutes{i}, stage::running);
  for (int i = 0; i < 5; ++i) once(minutes{9}, stage::none);
  once(minutes{10}, stage::running);
  const auto refused = decide(w, opening(), at(minutes{11}));
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal().kind == fault_kind::too_many);
  CHECK(refused.refusal().retry_after == minutes{49});
  CHECK(refusal(w, opening(0), at(minutes{11})) == "none");
  once(minutes{60}, stage::running);
  CHECK(refusal(w, opening(), at(minutes{60})) == "RATE_LIMIT_EXCEEDED");
}

TEST_CASE("a workspace that nobody uses rests, and is started by whoever opens it", "[workspaces]") {
  auto w = running();
  REQUIRE(alarm_of(workspace_kind{}, w));
  CHECK(alarm_of(workspace_kind{}, w)->at == noon + minutes{30});
  // Use moves the alarm; one that comes early or twice does nothing.
  CHECK_FALSE(changes(w, opening(), at(seconds{5})));
  w = after(w, opening(), at(minutes{20}));
  CHECK_FALSE(changes(w, rest_now{}, at(minutes{30})));
  w = after(w, rest_now{}, at(minutes{50}));
  CHECK(w.at == stage::stopping);
  CHECK_FALSE(alarm_of(workspace_kind{}, w));
  CHECK_FALSE(changes(w, rest_now{}, at(minutes{51})));
  take_up taking;
  taking.lease = minutes{1};
  const auto m = at(minutes{51});
  const auto t = reply_to(w, taking, m);
  CHECK(t.mine);
  CHECK(t.at == stage::stopping);
  w = after(after(w, taking, m), settling(t, stage::stopped), m);
  CHECK(w.at == stage::stopped);
  CHECK(w.port == 8081);
  const auto again = at(minutes{60});
  const auto opened = reply_to(w, opening(), again);
  CHECK(opened.at == stage::starting);
  CHECK(opened.generation == 1);
  CHECK(w.makings.size() == 1);
}

TEST_CASE("what could not be done is tried again later", "[workspaces]") {
  auto w = running();
  leave_it leaving;
  leaving.lease = minutes{1};
  leaving.volume = true;
  const auto m = at(minutes{1});
  const auto t = reply_to(w, leaving, m);
  w = after(after(w, leaving, m), settling(t, stage::removing), m);
  CHECK(w.at == stage::removing);
  CHECK(w.port);
  take_up taking;
  taking.lease = minutes{1};
  CHECK_FALSE(changes(w, taking, at(minutes{1} + seconds{9})));
  const auto later = at(minutes{1} + seconds{10});
  const auto second = reply_to(w, taking, later);
  CHECK(second.drop_volume);
  w = after(after(w, taking, later), settling(second, stage::none), later);
  CHECK_FALSE(w.volume);
  CHECK_FALSE(w.port);
  CHECK(refusal(w, leaving, at(minutes{2})) == "WORKSPACE_NOT_FOUND");
  CHECK(refusal(w, close_it{minutes{1}}, at(minutes{2})) == "WORKSPACE_NOT_FOUND");
}

TEST_CASE("a volume that was kept can be dropped later", "[workspaces]") {
  auto w = running();
  leave_it leaving;
  leaving.lease = minutes{1};
  const auto m = at(minutes{1});
  const auto t = reply_to(w, leaving, m);
  w = after(after(w, leaving, m), settling(t, stage::none), m);
  CHECK(w.volume);
  CHECK(refusal(w, leaving, at(minutes{2})) == "WORKSPACE_NOT_FOUND");
  leaving.volume = true;
  CHECK(reply_to(w, leaving, at(minutes{2})).drop_volume);
}

TEST_CASE("rows follow their containers, and nothing that has changed since they were looked at", "[workspaces]") {
  const auto w = running();
  seen_as seen;
  seen.generation = 1;
  seen.idle = minutes{30};
  seen.looked_at = noon;
  CHECK_FALSE(changes(w, seen, at(seconds{1})));  // it changed at that very moment
  seen.looked_at = noon + seconds{1};
  CHECK(after(w, seen, at(seconds{2})).at == stage::none);
  CHECK(after(w, seen, at(seconds{2})).volume);
  seen.present = true;
  const auto stopped = after(w, seen, at(seconds{2}));
  CHECK(stopped.at == stage::stopped);
  seen.running = true;
  CHECK_FALSE(changes(w, seen, at(seconds{2})));
  seen.looked_at = noon + seconds{3};
  CHECK(after(stopped, seen, at(seconds{4})).at == stage::running);
  seen.generation = 2;
  CHECK_FALSE(changes(stopped, seen, at(seconds{4})));
  seen.present = false;
  const auto making = after(workspace{}, opening(), at());
  seen.generation = 1;
  CHECK_FALSE(changes(making, seen, at(seconds{4})));
}

TEST_CASE("nothing is stopped or removed while somebody works on it", "[workspaces]") {
  const auto making = after(workspace{}, opening(), at());
  CHECK(refusal(making, close_it{minutes{1}}, at(seconds{1})) == "WORKSPACE_BUSY");
  CHECK(refusal(making, leave_it{false, minutes{1}}, at(seconds{1})) == "WORKSPACE_BUSY");
  CHECK(refusal(making, leave_it{false, minutes{1}}, at(minutes{3})) == "none");
}
