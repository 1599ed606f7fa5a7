// One live entity of a described kind: loads it, decides one command at a time, writes, publishes. Lives in its actor;
// every member is called on the actor's own turn. Shard view: the only owner of this identity here.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/entity/alarm_book.hpp"
#include "runtime/entity/alarms.hpp"
#include "runtime/entity/command_names.hpp"
#include "runtime/entity/gathered_reads.hpp"
#include "runtime/entity/interface.hpp"
#include "runtime/entity/run_here.hpp"
#include "runtime/entity/snapshots.hpp"
#include "runtime/entity/unknown_identities.hpp"
#include "stoa/footprint.hpp"
#include "stoa/hosted.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/task.hpp"
#include "stoa/too_late.hpp"

namespace stoa::runtime {

/// The refusal of a command that lost one race after the other.
inline fault lost_race() {
  return fault(fault_kind::unavailable, "VERSION_CONFLICT",
               "Somebody else changed this at the same moment. Try again.");
}

/// What every entity stands on.
struct entity_options {
  database& db;
  const clock& time;
  logger& log;
  std::size_t queue_bound = 64;               ///< commands that may wait for one entity
  milliseconds patience = seconds{5};         ///< a command that waited longer is not begun
  std::function<void()> events_written = {};  ///< called after a commit
  runtime::alarms* alarms = nullptr;          ///< for kinds with an alarm
  std::size_t byte_budget = 0;                ///< of all snapshots of a kind that is `read_mostly`; 0: no bound
  stoa::metrics* meters = nullptr;            ///< counts commands by entity, command and what they came to
};

/// Many of them are loaded by one statement.
template <class Kind>
concept loads_together = requires(const Kind& kind, const std::vector<typename Kind::key>& ids) {
  load_all(kind, ids);
};

/// A statement of a kind acts as the system where the kind says so and it says nobody.
template <class Kind>
bound_statement for_whom(bound_statement s) {
  if constexpr (requires { Kind::by_system; }) {
    if (s.who.nobody()) s.who = acts_as_system();
  }
  return s;
}

/// What all entities of a kind share.
template <class Kind>
struct entity_context {
  entity_context(Kind k, entity_options o)
      : kind(std::move(k)), options(std::move(o)), unknown(options.time), counters(kind, options.meters) {
    if constexpr (requires { kind.own_queue(); })
      options.queue_bound = std::max(options.queue_bound, kind.own_queue());
    else if constexpr (requires { Kind::queue; })
      options.queue_bound = std::max(options.queue_bound, Kind::queue);
    if constexpr (requires { Kind::read_mostly; })
      if (options.meters)
        bytes = &options.meters->level("stoa_entity_bytes", "Memory of the snapshots of entities that many read",
                                       {{"entity", detail::name_of_kind(kind)}});
    if constexpr (loads_together<Kind>)
      loads.emplace([this](const std::vector<typename Kind::key>& ids, std::function<void(result<rows>)> then) {
        auto s = for_whom<Kind>(load_all(kind, ids));
        options.db.run(std::move(s.who), lane::reads, *s.what, std::move(s.bound), std::move(then));
      });
  }

  const Kind kind;
  entity_options options;
  snapshots<typename Kind::key, typename Kind::state> published;
  unknown_identities<typename Kind::key> unknown;
  detail::command_counters<typename Kind::commands> counters;

  gauge* bytes = nullptr;  ///< of a kind that is `read_mostly`

  using alarm_command = typename detail::alarm_of_kind<Kind>::command;
  alarm_book<typename Kind::key> book;
  /// Tells the entity its alarm's command, activating it where it must; set by whoever knows the directory.
  std::function<void(const typename Kind::key&, const alarm_command&)> ring;
  /// Makes room where snapshots are more than their budget; set by whoever knows the directory.
  std::function<void()> make_room;
  std::optional<gathered_reads<typename Kind::key>> loads;  ///< of a kind of which many are loaded together
  std::atomic<bool> resting{false};                         ///< nothing rings: whoever decides is out of service
};

/// The rule about memory and snapshot, for every kind alike: both change after a commit and only then; and after a
/// write that did not go through as decided (lost race, refusal, unknown outcome) both are withdrawn, since nobody here
/// knows what the rows say by now. The next command loads them anew; readers come and ask.
template <class Kind>
class live_entity {
 public:
  using key = typename Kind::key;
  using state = typename Kind::state;
  using snapshot = snapshot_of<Kind>;
  using pointer = typename entity_actor<Kind>::pointer;

  live_entity(pointer self, entity_context<Kind>& context, key id)
      : self_(self), context_(context), id_(std::move(id)) {}

  /// With `once`, what a command that writes comes to is kept in its transaction.
  template <class Command>
  auto tell(Command command, std::shared_ptr<once_scope> once = nullptr) {
    using reply = typename Command::reply;
    auto promise = self_->template make_response_promise<result<reply>>();
    auto told = std::make_shared<Command>(std::move(command));
    enqueue({[this, promise, told, once](int attempt) mutable { decide_on<Command>(promise, told, once, attempt); },
             [promise](fault f) mutable { promise.deliver(result<reply>(std::move(f))); }});
    return promise;
  }

  auto read_state() {
    auto promise = self_->template make_response_promise<result<snapshot>>();
    enqueue({[this, promise](int) mutable {
               publish(current_);
               end_turn([&] { promise.deliver(result<snapshot>(current_)); });
             },
             [promise](fault f) mutable { promise.deliver(result<snapshot>(std::move(f))); }});
    return promise;
  }

  auto reload() {
    auto promise = self_->template make_response_promise<result<done>>();
    enqueue({[this, promise](int) mutable { end_turn([&] { promise.deliver(result<done>(done{})); }); },
             [promise](fault f) mutable { promise.deliver(result<done>(std::move(f))); }, true});
    return promise;
  }

  /// Never refused, and many at once are one: what is in memory no longer stands.
  void refresh() {
    stale_ = true;
    if (!closing_) advance();
  }

  /// Finishes what waits, then ends.
  void close() {
    closing_ = true;
    advance();
  }

 private:
  using steady = std::chrono::steady_clock;
  static constexpr int most_races = 8;

  /// One command in the queue.
  struct turn {
    std::function<void(int attempt)> run;  ///< with the state loaded; ends in end_turn or try_again
    std::function<void(fault)> refuse;
    bool anew = false;  ///< wants the rows as they now stand
    steady::time_point until = {};
    int attempts = 0;  ///< races that it has lost
  };

  void enqueue(turn t) {
    // What the others wait for while it loads does not count: it is as good as begun.
    const std::size_t begun = busy_ && !running_ ? 1 : 0;
    if (waiting_.size() >= context_.options.queue_bound + begun) {
      t.refuse(fault::unavailable("Too many requests wait for the same thing."));
      return;
    }
    t.until = steady::now() + context_.options.patience;
    waiting_.push_back(std::move(t));
    advance();
  }

  void advance() {
    while (!busy_ && !ended_) {
      if (waiting_.empty()) {
        if (closing_) end();
        if (closing_ || !stale_) return;
        waiting_.push_back(
            {[this](int) { end_turn([] {}); }, [](fault) {}, true, steady::now() + context_.options.patience});
      }
      if (waiting_.front().until < steady::now()) {
        auto late = std::move(waiting_.front());
        waiting_.pop_front();
        late.refuse(stoa::too_late());
        continue;
      }
      if (std::exchange(stale_, false) || waiting_.front().anew) current_unknown();
      busy_ = true;
      if (!current_)
        load_rows();
      else
        run_next();
    }
  }

  /// Takes the next command; `run_again` runs the one that lost a race once more.
  void run_next() {
    running_ = std::make_shared<turn>(std::move(waiting_.front()));
    waiting_.pop_front();
    const auto kept = running_;  // it ends while it runs
    kept->run(0);
  }
  void run_again() {
    const auto kept = running_;
    kept->run(++kept->attempts);
  }

  /// Ends the running command: `answer` delivers what it came to.
  template <class Answer>
  void end_turn(Answer answer) {
    answer();
    running_.reset();
    busy_ = false;
  }

  // -- loading: one statement serves all who came at once
  // ---------------------------------------------------------------

  void load_rows() {
    auto loaded = [this](result<rows> found) {
      if (!found) return refuse_all(std::move(found).refusal());
      auto read_in = guarded([&] { return read(context_.kind, id_, *found); });
      if (!read_in) {
        // The rows say that there is nothing of this identity, or they cannot be read.
        if (read_in.refusal().kind != fault_kind::internal) {
          context_.unknown.add(id_, read_in.refusal());
          closing_ = true;
        }
        return refuse_all(std::move(read_in).refusal());
      }
      publish(std::make_shared<state>(std::move(read_in).value()));
      if (running_)
        run_again();
      else
        run_next();
      advance();
    };
    if constexpr (loads_together<Kind>)
      context_.loads->read(id_, on_my_turn(std::move(loaded)));
    else
      ask_database(lane::reads, load(context_.kind, id_), std::move(loaded));
  }

  /// Nothing can be decided without the state: whoever waits is told why.
  void refuse_all(fault f) {
    auto all = std::exchange(waiting_, {});
    if (const auto interrupted = std::exchange(running_, nullptr)) all.push_front(std::move(*interrupted));
    for (auto& t : all) t.refuse(f);
    busy_ = false;
    advance();
  }

  // -- deciding and writing -------------------------------------------------------------------------------------------

  template <class Command>
  void decide_on(caf::typed_response_promise<result<typename Command::reply>> promise, std::shared_ptr<Command> told,
                 std::shared_ptr<once_scope> once, int attempt) {
    using reply = typename Command::reply;
    const moment m{context_.options.time.now(), uuid::make_v7()};
    auto decided = guarded([&] { return decide(*current_, *told, m); });
    if (!decided) return end_turn([&] { deliver(*told, promise, result<reply>(std::move(decided).refusal())); });
    if (decided->effect == effect::reload) stale_ = true;
    if (decided->effect == effect::show && decided->next) publish(std::make_shared<state>(std::move(*decided->next)));
    if (decided->effect != effect::save || !decided->next)
      return end_turn([&] { deliver(*told, promise, result<reply>(std::move(decided->reply))); });

    auto next = std::make_shared<state>(std::move(*decided->next));
    auto answer = std::make_shared<reply>(std::move(decided->reply));
    auto writing = guarded([&]() -> result<bound_statement> {
      if constexpr (requires { save(*current_, *next, *told, m); })
        return save(*current_, *next, *told, m);
      else
        throw std::logic_error("a command without a statement decided to write");
    });
    if (!writing) return end_turn([&] { deliver(*told, promise, result<reply>(std::move(writing).refusal())); });
    auto settled = [=, this](result<rows> row) mutable {
      if (row && row->empty()) {
        current_unknown();
        // Runs the command again on what the faster writer left: whoever loses again and again waits its turn.
        if (attempt < most_races && steady::now() < running_->until) return load_rows();
        row = lost_race();
      }
      auto taken = row ? guarded([&] { return take_written(*next, *answer, *told, row->front()); })
                       : result<done>(in_words_of(*told, std::move(row).refusal()));
      if (taken) {
        publish(std::move(next));
        if (context_.options.events_written) context_.options.events_written();
        end_turn([&] { deliver(*told, promise, result<reply>(std::move(*answer))); });
      } else {
        current_unknown();
        end_turn([&] { deliver(*told, promise, result<reply>(std::move(taken).refusal())); });
      }
      advance();
    };
    if (!once) return ask_database(lane::commands, std::move(*writing), std::move(settled));
    // While the actor waits for the row nobody else touches what was decided.
    auto keep = [this, next, answer, told, once](connection& db, const rows::row& first) {
      state seen = *next;
      reply given = *answer;
      if (auto taken = take_written(seen, given, *told, first); !taken) return taken;
      return once->keep(db, detail::step_name(context_.kind, *told), detail::pack_reply(*told, given));
    };
    write_once(std::move(*writing), std::move(keep), std::move(settled));
  }

  /// The statement and what is kept of it, in one transaction.
  template <class Keep, class Then>
  void write_once(bound_statement s, Keep keep, Then then) {
    s = for_whom<Kind>(std::move(s));
    auto me = caf::actor_cast<entity_actor<Kind>>(self_);
    auto go_on = std::make_shared<Then>(std::move(then));
    auto found = std::make_shared<rows>();
    auto work = [what = s.what, bound = std::move(s.bound), found, keep = std::move(keep)](connection& db) {
      *found = db.run(*what, bound);
      return found->empty() ? result<done>(done{}) : keep(db, found->front());
    };
    context_.options.db.transact(
        std::move(s.who), lane::commands, std::move(work), [me = std::move(me), go_on, found](result<done> r) {
          auto row = r ? result<rows>(*found) : result<rows>(std::move(r).refusal());
          tell_here(me, continuation{[go_on, row = std::move(row)]() mutable { (*go_on)(std::move(row)); }});
        });
  }

  template <class Command, class Promise, class Reply>
  void deliver(const Command& told, Promise& promise, result<Reply> r) {
    context_.counters.count(told, r);
    promise.deliver(std::move(r));
  }

  /// What only the database knows becomes part of state and reply.
  template <class Reply, class Command>
  static result<done> take_written(state& next, Reply& answer, const Command& told, const rows::row& first) {
    if constexpr (requires { written(next, answer, told, first); })
      written(next, answer, told, first);
    else
      next.version = first.integer(0);
    return done{};
  }

  template <class Command>
  static fault in_words_of(const Command& told, fault f) {
    if constexpr (requires { refused(told, f); }) {
      if (auto own = refused(told, f)) return std::move(*own);
    }
    return f;
  }

  /// An exception of a rule or of the reading of rows is a mistake in the program: one answer and a log line.
  template <class F>
  auto guarded(F work) -> decltype(work()) {
    try {
      return work();
    } catch (const std::exception& e) {
      context_.options.log.error("entity command failed",
                                 {{"entity", detail::name_of_kind(context_.kind)}, {"reason", e.what()}});
      return stoa::detail::unexpected(std::current_exception());
    }
  }

  /// The answer comes back on this actor's turn.
  template <class Then>
  std::function<void(result<rows>)> on_my_turn(Then then) {
    auto me = caf::actor_cast<entity_actor<Kind>>(self_);
    auto go_on = std::make_shared<Then>(std::move(then));
    return [me = std::move(me), go_on](result<rows> r) {
      tell_here(me, continuation{[go_on, r = std::move(r)]() mutable { (*go_on)(std::move(r)); }});
    };
  }
  template <class Then>
  void ask_database(lane l, bound_statement s, Then then) {
    s = for_whom<Kind>(std::move(s));
    context_.options.db.run(std::move(s.who), l, *s.what, std::move(s.bound), on_my_turn(std::move(then)));
  }

  // -- memory ---------------------------------------------------------------------------------------------------------

  static constexpr bool read_by_others = !requires { Kind::private_state; };

  void publish(snapshot next) {
    const auto before = std::exchange(current_, std::move(next));
    if constexpr (requires { Kind::read_mostly; }) {
      context_.published.publish(id_, current_, footprint(*current_));
      if (context_.make_room) context_.make_room();
      if (context_.bytes) context_.bytes->set(static_cast<double>(context_.published.weight()));
    } else if constexpr (read_by_others) {
      context_.published.publish(id_, current_);
    }
    tell_shown(before, current_);
    arm();
  }

  void arm() {
    if constexpr (has_alarm<Kind>) {
      if (!context_.options.alarms || !context_.ring || context_.resting) return;
      auto next = alarm_of(context_.kind, *current_);
      if (!next) return context_.book.disarm(*context_.options.alarms, id_);
      context_.book.arm(
          *context_.options.alarms, id_, next->at,
          [context = &context_, id = id_, command = std::move(next->command)] { context->ring(id, command); });
    }
  }

  void current_unknown() {
    if (!current_) return;
    if constexpr (read_by_others) context_.published.withdraw(id_, current_);
    tell_shown(std::exchange(current_, nullptr), nullptr);
  }

  void tell_shown(const snapshot& before, const snapshot& after) {
    if constexpr (requires { context_.kind.shown(id_, before, after); }) context_.kind.shown(id_, before, after);
  }

  void end() {
    ended_ = true;
    current_unknown();
    self_->quit();
  }

  pointer self_;
  entity_context<Kind>& context_;
  key id_;
  snapshot current_;
  std::deque<turn> waiting_;
  std::shared_ptr<turn> running_;
  bool busy_ = false, stale_ = false, closing_ = false, ended_ = false;
};

namespace detail {

template <class Kind>
struct held_entity {
  static constexpr const char* name = "entity";
  std::unique_ptr<live_entity<Kind>> entity;
};

template <class Kind, class Commands>
struct behavior_of;
template <class Kind, class... Commands>
struct behavior_of<Kind, command_list<Commands...>> {
  using actor = entity_actor<Kind>;
  static typename actor::behavior_type make(typename actor::template stateful_pointer<held_entity<Kind>> self,
                                            entity_context<Kind>* context, typename Kind::key id) {
    self->state.entity = std::make_unique<live_entity<Kind>>(self, *context, std::move(id));
    auto& me = *self->state.entity;
    return {
        [](continuation& c) { c.run(); },
        [&me](passivate) { me.close(); },
        [&me](refresh_state) { me.refresh(); },
        [&me](reload_state) { return me.reload(); },
        [&me](read_state) { return me.read_state(); },
        [&me](Commands& c) { return me.tell(std::move(c)); }...,
        [&me](keyed<Commands>& k) { return me.tell(std::move(k.command), std::move(k.once)); }...,
    };
  }
};

}  // namespace detail

}  // namespace stoa::runtime
