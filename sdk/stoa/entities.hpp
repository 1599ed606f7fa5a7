// Entities as described kinds: what one is and what it can be told. The core's host does the rest for all of them.
//
// A kind is a struct with `name`, `key`, `state` and `commands`:
//
//   struct add_to_cart { course_id course; using reply = cart_item; };
//   BOOST_DESCRIBE_STRUCT(add_to_cart, (), (course))
//   struct cart_kind {
//     static constexpr const char* name = "cart";
//     using key = user_id;
//     using state = cart;
//     using commands = command_list<add_to_cart, remove_from_cart>;
//   };
//
// Beside it stand free functions in the kind's namespace:
//
//   result<outcome<cart, cart_item>> decide(const cart& now, const add_to_cart& told, const moment& m);  // pure
//   bound_statement save(const cart& before, const cart& after, const add_to_cart& told, const moment& m);
//   bound_statement load(const cart_kind&, const user_id& key);
//   result<cart> read(const cart_kind&, const user_id& key, const rows& found);  // not_found: nobody has this identity
//
// And where a kind needs them:
//
//   void written(cart& next, cart_item& reply, const add_to_cart& told, const rows::row& first);  // what the database
//   gave std::optional<fault> refused(const add_to_cart& told, const fault& f);  // the kind's words for a constraint
//   static constexpr std::size_t queue = 4096;      // commands that may wait for one, where the setting is too small
//   static constexpr bool read_mostly = true;       // many identities are read: snapshots keep to a budget of bytes
//   static constexpr bool by_system = true;         // its statements act as the system where they say nobody
//   static constexpr bool private_state = true;     // nobody reads snapshots of it
//   void shown(const key&, before, after) const;    // a snapshot came, changed or went (null); any thread
//   std::optional<alarm<close_cart>> alarm_of(const cart_kind&, const cart& now);  // what it tells itself, and when
//
// An alarm is a function of the state, so that loading arms it and every change moves it. It rings in a passivated
// entity, too; whoever was not loaded since the start of the process has none, so that a facade loads those with
// deadlines. Its command may come late or twice: the rule looks at the time.
//
// A state has a `version`. Every `save` names the version of `before` and answers one row that begins with the new
// version; no row says that another writer was faster.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <utility>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa {

/// The commands of a kind, in the order in which they are documented.
template <class... Commands>
struct command_list {};

/// A described struct that names its reply. It carries facts, never pointers.
template <class T>
concept entity_command = boost::describe::has_describe_members<T>::value && requires {
  typename T::reply;
};

/// When a decision falls, and an id that nobody has: rules are pure and make neither.
struct moment {
  timestamp now;
  uuid fresh;
};

/// What becomes of the state that a decision leads to.
enum class effect {
  save,    ///< written first; memory and readers follow the commit
  show,    ///< memory and readers alone: others have written what it says
  reload,  ///< it cannot be told from here: the rows are read again
};

/// What a decision leads to.
template <class State, class Reply>
struct outcome {
  std::optional<State> next;  ///< none: nothing changes and nothing is written
  Reply reply{};
  stoa::effect effect = stoa::effect::save;
};

/// What an entity tells itself when the clock has reached `at`.
template <class Command>
struct alarm {
  timestamp at;
  Command command;
};

/// A statement with the values it runs with, and for whom it runs.
struct bound_statement {
  const statement* what = nullptr;
  values bound;
  acting who{};
};

}  // namespace stoa
