// Domain events: facts that were committed, told at least once and in commit order.
//
// An event is a described struct of facts with a `kind`; the areas' headers declare them (`actors/all_events.hpp` lists
// them all):
//
//   struct enrollment_created {
//     static constexpr std::string_view kind = "enrollment.created";
//     static constexpr std::string_view about = "Somebody entered a course.";
//     static constexpr std::string_view entity = "the enrolment";
//     stoa::course_id course_id;
//   };
//   BOOST_DESCRIBE_STRUCT(enrollment_created, (), (course_id))
//
// The members are the payload, by their names. They are stored for a week and read by other versions: append members,
// never rename or retype one.
#pragma once

#include <boost/describe.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/json.hpp"
#include "stoa/time.hpp"
#include "stoa/wire.hpp"

namespace stoa {

/// The facts of a kind of event.
template <class T>
concept event_facts = boost::describe::has_describe_members<T>::value && std::default_initializable<T> && requires {
  { T::kind } -> std::convertible_to<std::string_view>;
};

/// An event as it is stored.
struct event {
  event_id id;  ///< the same at every delivery: what makes a subscriber's work idempotent
  std::int64_t position = 0;
  std::string kind;
  std::optional<user_id> user;  ///< whom it concerns
  uuid entity;                  ///< the course, order, enrolment ... it is about
  json payload;                 ///< an object
  timestamp at;
  bool here = false;  ///< a session of this process wrote it
};

/// An event with its facts. A fact that was not told yet when the event was stored is at its default.
template <event_facts E>
struct heard {
  event_id id;
  std::optional<user_id> user;
  uuid entity;
  timestamp at;
  bool here = false;
  E fact{};
};

/// What E says of a stored event; nullopt where that is of another kind.
template <event_facts E>
std::optional<heard<E>> as(const event& e) {
  if (e.kind != E::kind) return std::nullopt;
  heard<E> out{e.id, e.user, e.entity, e.at, e.here, {}};
  wire::problems passed_over;
  wire::decode(e.payload, "", out.fact, passed_over);
  return out;
}

template <event_facts... E>
std::vector<std::string> kinds_of() {
  return {std::string(E::kind)...};
}

// -- telling

/// Writes bound events into the outbox, as a part of the statement that changes what they tell of: with
/// `told as (" STOA_TELL(":p7") ", root)` there is an event where `root` has a row. `:p7` is an `event_rows`.
#define STOA_TELL(EVENTS) STOA_TELL_AS(EVENTS, "e.entity", "e.payload")
/// The same where the database alone knows the entity or a part of the payload.
#define STOA_TELL_AS(EVENTS, ENTITY, PAYLOAD)                                                                        \
  "insert into outbox (id, kind, user_id, entity, payload, at) select gen_random_uuid(), e.kind, e.user_id, " ENTITY \
  ", " PAYLOAD ", e.at from unnest(" EVENTS "::told_event[]) as e"
/// The same for exactly one event, a `one_event`: cheaper, for what is written often.
#define STOA_TELL_ONE(EVENT)                                                                                          \
  "insert into outbox (id, kind, user_id, entity, payload, at) select gen_random_uuid(), (e.t).kind, (e.t).user_id, " \
  "(e.t).entity, (e.t).payload, (e.t).at from (select " EVENT "::told_event as t offset 0) as e"

/// One event on its way into a statement.
class one_event {
 public:
  /// `user` is whom it concerns, `entity` what it is about; the fact is encoded at once.
  template <event_facts E>
  one_event(timestamp at, std::optional<user_id> user, const uuid& entity, const E& fact)
      : record_(record(at, E::kind, user, entity, wire::write(fact))) {}
  template <event_facts E, class Tag>
  one_event(timestamp at, std::optional<user_id> user, const stoa::id<Tag>& entity, const E& fact)
      : one_event(at, user, entity.value, fact) {}

  /// The value that STOA_TELL_ONE takes.
  operator value() && { return value(std::move(record_)); }  // NOLINT: implicit by intent
  /// As it travels.
  const std::string& text() const noexcept { return record_; }

 private:
  static std::string record(timestamp at, std::string_view kind, const std::optional<user_id>& user, const uuid& entity,
                            const std::string& payload);
  std::string record_;
};

/// Events on their way into a statement, in the order in which they are told. None writes none.
class event_rows {
 public:
  /// All of them happen at `at`.
  explicit event_rows(timestamp at) : at_(at) {}

  /// Adds one; the fact is encoded at once.
  template <event_facts E>
  event_rows& tell(std::optional<user_id> user, const uuid& entity, const E& fact) {
    add(one_event(at_, user, entity, fact));
    return *this;
  }
  template <event_facts E, class Tag>
  event_rows& tell(std::optional<user_id> user, const stoa::id<Tag>& entity, const E& fact) {
    return tell(user, entity.value, fact);
  }

  /// The value that STOA_TELL takes.
  operator value() const { return value("{" + rows_ + "}"); }  // NOLINT: implicit by intent

 private:
  void add(const one_event& e);

  timestamp at_;
  std::string rows_;
};

// -- hearing

/// Where a subscription whose name was never seen begins.
enum class from { beginning, now };

/// A named consumer with a stored offset: once for all processes on one database.
struct subscription {
  std::string name;                ///< stable: its offset is kept under it
  std::vector<std::string> kinds;  ///< empty: all
  /// Gets events in commit order inside a transaction that also stores the offset: what is written through `connection`
  /// happens exactly once. A fault or exception rolls both back; the batch comes again later.
  std::function<result<done>(connection&, const std::vector<event>&)> handle;
  /// Called after that transaction has committed, for what lives in this process. May be empty.
  std::function<void(const std::vector<event>&)> committed = {};
  from begin = from::beginning;
};

/// One who hears of events in every process, its own included, from its start on: for what lives in memory.
struct observer {
  std::string name;  ///< for log and metrics
  std::vector<std::string> kinds;
  /// Called in commit order, of a plugin on its own threads: it may begin reads, but never writes and never waits. What
  /// it throws is logged; the event does not come again.
  std::function<void(const event&)> told;
};

namespace detail {

template <class... E>
struct batch_item {
  using type = std::variant<heard<E>...>;
};
template <class E>
struct batch_item<E> {
  using type = heard<E>;
};

}  // namespace detail

/// What a consumer of these kinds gets: `heard<E>` of one kind, a variant of several.
template <event_facts... E>
using batch_of = std::vector<typename detail::batch_item<E...>::type>;

/// A subscription whose handler is `result<done>(connection&, const batch_of<E...>&)`.
template <event_facts... E, class Handler>
subscription consume(std::string name, Handler handler, from begin = from::beginning) {
  static_assert(sizeof...(E) > 0, "a consumer names what it consumes");
  subscription s;
  s.name = std::move(name);
  s.kinds = kinds_of<E...>();
  s.begin = begin;
  s.handle = [handler = std::move(handler)](connection& db, const std::vector<event>& events) -> result<done> {
    batch_of<E...> batch;
    batch.reserve(events.size());
    const auto take = [&batch](auto facts) {
      if (facts) batch.push_back(std::move(*facts));
    };
    for (const auto& e : events) (take(as<E>(e)), ...);
    return handler(db, batch);
  };
  return s;
}

/// An observer whose handler is called with the `heard<E>` of each.
template <event_facts... E, class Handler>
observer observe(std::string name, Handler handler) {
  static_assert(sizeof...(E) > 0, "an observer names what it observes");
  observer o;
  o.name = std::move(name);
  o.kinds = kinds_of<E...>();
  o.told = [handler = std::move(handler)](const event& e) {
    const auto take = [&handler](const auto& facts) {
      if (facts) handler(*facts);
    };
    (take(as<E>(e)), ...);
  };
  return o;
}

}  // namespace stoa
