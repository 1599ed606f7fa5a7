#include "steward.hpp"

#include <algorithm>
#include <utility>

#include "engine_words.hpp"

namespace stoa_plugin::workspaces {

using stoa::acts_as_system;
using stoa::seconds;
using stoa::statement;
using stoa::task;
using stoa::workspace_provider;
using stoa::workspace_seen;
using steady = std::chrono::steady_clock;

namespace {

/// After what did not go, until it is tried again.
constexpr auto again = seconds{10};
/// How long a server that was killed keeps the others from sweeping. Two sweeps at once do no harm: each step is
/// guarded by its row's lease.
constexpr auto turn_of_a_server = seconds{15};
constexpr int ports_tried = 8;
/// Bytes between two looks that nobody's work makes: what a network says to itself.
constexpr std::int64_t murmur = 4096;
constexpr std::int64_t owners_at_once = 500;

constexpr statement take_the_turn{"take_turn", R"(
  update plugin_workspaces.turn set holder = :p1::uuid, until = :p3::timestamptz
  where holder = :p1::uuid or until <= :p2::timestamptz returning 1)"};
constexpr statement read_installation{"installation", "select id from plugin_workspaces.installation"};
constexpr statement list_due{"due", R"(
  select user_id from plugin_workspaces.workspace
  where stage in ('creating', 'starting', 'stopping', 'removing') and (busy_until is null or busy_until <= :p1::timestamptz)
  order by busy_until limit 100)"};
constexpr statement list_all{"all", R"(
  select user_id, stage, generation, handle, used_at from plugin_workspaces.workspace where stage <> 'none')"};
constexpr statement list_owners{"owners", R"(
  select user_id from plugin_workspaces.workspace where user_id > :p1::uuid order by user_id limit :p2::bigint)"};
constexpr statement forget_one{"forget", R"(
  delete from plugin_workspaces.workspace where user_id = :p1::uuid and stage = 'none')"};

struct known {
  user_id owner;
  stage at = stage::none;
  std::int64_t generation = 0;
  std::string handle;
  std::optional<timestamp> used_at;
};

}  // namespace

steward::steward(stoa::plugin_host& host, steward_options options)
    : host_(host), options_(std::move(options)), all_(host.entity<workspace_kind>()), me_(uuid::make_v7()) {}

std::shared_ptr<workspace_provider> steward::provider() const { return host_.find<workspace_provider>(); }

task<std::string> steward::installation() {
  {
    const std::lock_guard lock{mutex_};
    if (!installation_.empty()) co_return installation_;
  }
  const stoa::values nothing;
  const auto found = co_await host_.database().query(read_installation, nothing);
  auto id = found.front().text(0);
  const std::lock_guard lock{mutex_};
  installation_ = id;
  co_return id;
}

template <class Command>
task<turn> steward::choosing(user_id owner, Command told) {
  for (int tried = 0;; ++tried) {
    auto asking = all_.ask(owner, told);
    auto came = co_await as_result(std::move(asking));
    if (came || came.refusal().code != "WORKSPACE_PORT_CHOSEN" || tried == 20) co_return came;
    told.ports.anywhere = true;
  }
}

task<opened> steward::open(user_id owner, deadline until) {
  open_it told;
  told.idle = options_.idle;
  told.lease = lease();
  told.per_hour = options_.per_hour;
  told.ports = options_.ports;
  opened out;
  for (;;) {
    if (steady::now() >= until) co_return still_working();
    out.now = co_await choosing(owner, told);
    if (out.now.at == stage::running) co_return out;
    if (out.now.mine) out.fresh = out.fresh || out.now.at == stage::creating;
    auto waited_for = out.now.mine ? begin(owner, out.now) : work_of_others(owner);
    co_await ended(std::move(waited_for), until);
  }
}

task<done> steward::close(user_id owner, deadline until) {
  close_it told;
  told.lease = lease();
  const auto t = co_await all_.ask(owner, told);
  if (t.mine) co_await ended(begin(owner, t), until);
  co_return done{};
}

task<done> steward::leave(user_id owner, bool volume, deadline until) {
  leave_it told;
  told.volume = volume;
  told.lease = lease();
  const auto t = co_await all_.ask(owner, told);
  if (t.mine) co_await ended(begin(owner, t), until);
  co_return done{};
}

task<std::shared_ptr<const workspace>> steward::look(user_id owner) {
  const auto w = co_await all_.get(owner);
  if (w->at != stage::running) co_return w;
  use_it told;
  told.idle = options_.idle;
  co_await all_.ask(owner, told);
  co_return co_await all_.get(owner);
}

steward::labour_ptr steward::begin(user_id owner, turn t) {
  auto l = std::make_shared<labour>();
  l->owner = owner;
  l->here = true;
  {
    const std::lock_guard lock{mutex_};
    here_[owner] = l;
  }
  // Not awaited by the request: what was begun goes on when nobody waits for it any more.
  stoa::detach<done>(work(owner, std::move(t)),
                     [self = shared_from_this(), l](result<done> outcome) { self->end(l, std::move(outcome)); });
  return l;
}

steward::labour_ptr steward::work_of_others(user_id owner) {
  const std::lock_guard lock{mutex_};
  if (const auto found = here_.find(owner); found != here_.end()) return found->second;
  auto& l = elsewhere_[owner];
  if (!l) {
    l = std::make_shared<labour>();
    l->owner = owner;
  }
  return l;
}

task<done> steward::ended(labour_ptr l, deadline until) {
  stoa::callback_awaiter<done> waiting{[&](stoa::callback_awaiter<done>::completion then) {
    std::optional<result<done>> known;
    {
      const std::lock_guard lock{mutex_};
      if (draining_)
        known = still_working();
      else if (l->outcome)
        known = l->outcome;
      else
        l->waiters.push_back({until, then});
    }
    if (known) then(std::move(*known));
  }};
  co_return co_await waiting;
}

void steward::end(const labour_ptr& l, result<done> outcome) {
  std::vector<labour::waiter> waiters;
  {
    const std::lock_guard lock{mutex_};
    l->outcome = outcome;
    waiters.swap(l->waiters);
    auto& where = l->here ? here_ : elsewhere_;
    if (const auto found = where.find(l->owner); found != where.end() && found->second == l) where.erase(found);
    rested_.notify_all();
  }
  for (auto& w : waiters) w.completion(outcome);
}

task<done> steward::look_after_waiting() {
  std::vector<labour::waiter> late;
  std::vector<labour_ptr> others;
  {
    const std::lock_guard lock{mutex_};
    const auto now = steady::now();
    const auto sort_out = [&](labour& l) {
      const auto from =
          std::partition(l.waiters.begin(), l.waiters.end(), [&](const auto& w) { return w.until > now; });
      std::move(from, l.waiters.end(), std::back_inserter(late));
      l.waiters.erase(from, l.waiters.end());
    };
    for (auto& [owner, l] : here_) sort_out(*l);
    for (auto& [owner, l] : elsewhere_) {
      sort_out(*l);
      others.push_back(l);
    }
  }
  for (auto& w : late) w.completion(still_working());
  for (const auto& l : others) {
    auto reading = all_.reload(l->owner);
    co_await as_result(std::move(reading));
    auto getting = all_.get(l->owner);
    const auto w = co_await as_result(std::move(getting));
    if (!w) continue;
    const auto& now = **w;
    if (!on_its_way(now.at) || !now.busy_until || *now.busy_until <= host_.clock().now()) end(l, done{});
  }
  co_return done{};
}

task<std::string> steward::make(std::shared_ptr<workspace_provider> from, user_id owner, turn t,
                                std::string installation, deadline until) {
  for (int tried = 0;; ++tried) {
    if (!t.port) co_return ports_used_up();
    auto making = from->ensure({installation, owner, t.generation, *t.port});
    making.ends_by(until);
    auto made = co_await as_result(std::move(making));
    if (made || made.refusal().code != port_taken().code) co_return made;
    if (tried == ports_tried) co_return ports_used_up();
    move_port told;
    told.token = t.token;
    told.ports = options_.ports;
    told.ports.bad = *t.port;
    t = co_await choosing(owner, told);
  }
}

task<done> steward::work(user_id owner, turn t) {
  const auto from = provider();
  if (!from) co_return feature_off();
  const auto until = steady::now() + options_.make_timeout;
  settle told;
  told.token = t.token;
  told.idle = options_.idle;
  told.pause = again;
  result<done> outcome = done{};
  auto id = co_await installation();
  if (t.at == stage::removing || t.at == stage::stopping) {
    auto going = t.at == stage::removing ? from->remove(id, owner, t.drop_volume) : from->stop(t.handle);
    going.ends_by(until);
    outcome = co_await as_result(std::move(going));
    told.to = !outcome ? t.at : t.at == stage::removing ? stage::none : stage::stopped;
  } else {
    auto making = make(from, owner, t, id, until);
    auto made = co_await as_result(std::move(making));
    if (made) {
      told.to = stage::running;
      told.handle = std::move(made).value();
    } else {
      outcome = std::move(made).refusal();
      told.to = t.at == stage::creating ? stage::none : stage::stopped;
      if (t.at == stage::creating) {
        // What is left where this does not go is found by its labels.
        auto clearing = from->remove(id, owner, !t.volume);
        clearing.ends_by(until + seconds{5});
        co_await as_result(std::move(clearing));
      }
    }
  }
  co_await all_.ask(owner, told);
  co_return outcome;
}

task<done> steward::sweep() {
  auto& db = host_.database();
  const auto now = host_.clock().now();
  const stoa::values turn_until{me_, now, now + turn_of_a_server};
  const auto mine = co_await db.query(acts_as_system(), take_the_turn, turn_until, stoa::lane::commands);
  if (mine.empty()) co_return done{};
  const auto from = provider();
  if (!from) co_return done{};
  const stoa::values by_now{now};
  const auto due = co_await db.query(acts_as_system(), list_due, by_now);
  for (const auto& r : due) {
    const auto owner = r.as<user_id>(0);
    take_up told;
    told.lease = lease();
    auto asking = all_.ask(owner, told);
    const auto t = co_await as_result(std::move(asking));
    if (!t || !t->mine) continue;
    // Waited for as by a request, and others who come meanwhile wait with it.
    auto working = ended(begin(owner, *t), steady::now() + lease());
    const auto did = co_await as_result(std::move(working));
    if (!did)
      host_.log().warn("a workspace could not be put in order",
                       {{"user", owner.str()}, {"stage", name_of(t->at)}, {"code", did.refusal().code}});
  }
  auto comparing = compare(from);
  const auto compared = co_await as_result(std::move(comparing));
  if (!compared && compared.refusal().code != feature_off().code)
    host_.log().warn("workspaces could not be compared with their containers", {{"why", compared.refusal().message}});
  co_return done{};
}

task<done> steward::compare(std::shared_ptr<workspace_provider> from) {
  auto& db = host_.database();
  auto id = co_await installation();
  // First the containers, then the rows: a row is there before its container.
  const auto looked_at = host_.clock().now();
  const auto seen = co_await from->list(id);
  const stoa::values nothing;
  const auto found = co_await db.query(acts_as_system(), list_all, nothing);
  std::map<user_id, known> rows;
  for (const auto& r : found) {
    known k;
    k.owner = r.as<user_id>(0);
    k.at = stage_named(r.raw(1)).value();
    k.generation = r.integer(2);
    k.handle = r.text(3);
    k.used_at = r.opt_time(4);
    rows.emplace(k.owner, k);
  }
  std::map<user_id, bool> present;  // and whether it runs
  for (const auto& one : seen) {
    const auto row = rows.find(one.owner);
    if (row != rows.end() && row->second.generation == one.generation) {
      auto& runs = present[one.owner];
      runs = runs || one.running;
      continue;
    }
    host_.log().warn("a container that belongs to no workspace is removed", {{"user", one.owner.str()}});
    // One that the engine cannot remove just now holds up nobody else.
    auto dropping = from->drop(one.handle);
    const auto dropped = co_await as_result(std::move(dropping));
    if (!dropped) host_.log().warn("it could not be removed", {{"code", dropped.refusal().code}});
  }
  const bool arm = !armed_;
  for (const auto& [owner, k] : rows) {
    if (on_its_way(k.at)) continue;
    if (arm) {
      auto loading = all_.reload(owner);
      co_await as_result(std::move(loading));
    }
    const auto there = present.find(owner);
    seen_as told;
    told.generation = k.generation;
    told.present = there != present.end();
    told.running = told.present && there->second;
    told.looked_at = looked_at;
    told.idle = options_.idle;
    if (!told.present || told.running != (k.at == stage::running)) {
      auto asking = all_.ask(owner, told);
      co_await as_result(std::move(asking));
    } else if (k.at == stage::running && k.used_at && looked_at - *k.used_at > options_.idle / 4) {
      auto looking = note_traffic(from, owner, k.handle);
      co_await as_result(std::move(looking));
    }
  }
  armed_ = true;
  co_return done{};
}

task<done> steward::note_traffic(std::shared_ptr<workspace_provider> from, user_id owner, std::string handle) {
  const auto bytes = co_await from->traffic(std::move(handle));
  bool moved = false;
  {
    const std::lock_guard lock{mutex_};
    const auto [before, first] = traffic_.try_emplace(owner, bytes);
    moved = !first && (bytes < before->second || bytes - before->second > murmur);
    before->second = bytes;
  }
  if (moved) {
    use_it told;
    told.idle = options_.idle;
    co_await all_.ask(owner, told);
  } else {
    // The alarm of a workspace that nobody has loaded since rings here.
    const rest_now told;
    co_await all_.ask(owner, told);
  }
  co_return done{};
}

task<done> steward::check_owner(user_id owner) {
  const auto until = steady::now() + lease();
  auto asking = host_.use<stoa::people>().get(owner);
  const auto who = co_await as_result(std::move(asking));
  if (who && (*who)->active) co_return done{};
  if (who) {
    const auto w = co_await all_.get(owner);
    if (w->at == stage::running) co_await close(owner, until);
    co_return done{};
  }
  if (who.refusal().code != "USER_NOT_FOUND") co_return who.refusal();
  auto leaving = leave(owner, true, until);
  const auto left = co_await as_result(std::move(leaving));
  if (!left && left.refusal().code != "WORKSPACE_NOT_FOUND") co_return left.refusal();
  const stoa::values whom{owner};
  co_await host_.database().query(acts_as_system(), forget_one, whom, stoa::lane::commands);
  all_.refresh(owner);
  host_.log().info("the workspace of an account that is gone was removed", {{"user", owner.str()}});
  co_return done{};
}

task<done> steward::check_owners() {
  user_id after;
  for (;;) {
    const stoa::values behind{after, owners_at_once};
    const auto found = co_await host_.database().query(acts_as_system(), list_owners, behind);
    for (const auto& r : found) {
      after = r.as<user_id>(0);
      auto checking = check_owner(after);
      const auto checked = co_await as_result(std::move(checking));
      if (!checked)
        host_.log().warn("the owner of a workspace could not be looked up",
                         {{"user", after.str()}, {"code", checked.refusal().code}});
    }
    if (static_cast<std::int64_t>(found.size()) < owners_at_once) co_return done{};
  }
}

void steward::drain() {
  std::vector<labour::waiter> waiters;
  {
    const std::lock_guard lock{mutex_};
    draining_ = true;
    for (auto* all : {&here_, &elsewhere_})
      for (auto& [owner, l] : *all) {
        std::move(l->waiters.begin(), l->waiters.end(), std::back_inserter(waiters));
        l->waiters.clear();
      }
  }
  for (auto& w : waiters) w.completion(still_working());
  std::unique_lock lock{mutex_};
  rested_.wait_for(lock, seconds{2}, [&] { return here_.empty(); });
}

}  // namespace stoa_plugin::workspaces
