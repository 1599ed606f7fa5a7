// The demo data: courses, people and what they did, for a first look and for tests of size.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/log.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::demo {

struct demo_options {
  /// Those above the handwritten ones (64) are generated, with small curricula. Fewer than 64 are not to be had.
  int courses = 64;
  /// A crowd besides (`cli/demo/scale.hpp`): 200,000 enrolments with 2 million finished lessons.
  bool scale = false;
  /// Of every demo account.
  std::string password = "Learn-stoa-2026";
};

/// An account to show people: one for each role.
struct demo_account {
  std::string role, email, name;
};

struct demo_report {
  bool loaded = false;  ///< false: the people and the handwritten courses were there already
  int courses_added = 0;
  int learners_added = 0;  ///< of the crowd
  std::vector<demo_account> accounts;
};

/// Hashes a password at rest. Called once, where the load is driven, and slow by intent.
using hash_function = std::function<std::string(const std::string&)>;

/// The accounts to name when a server starts with demo data; their password is the options'.
const std::vector<demo_account>& accounts();

/// Whether the demo data is there.
task<bool> loaded(database& db);

/// Loads what is missing: nothing when all is there, the further generated courses when more are asked for than before.
/// Two at once load one demo. Writes no events: nobody is notified of what never happened. The arguments live until the
/// task has ended. Faults: DEMO_CONFLICT (conflict) where somebody else has one of the demo's addresses or slugs, and
/// those of the database.
task<demo_report> load(database& db, hash_function hash, const clock& time, logger& log, demo_options options = {});

}  // namespace stoa::demo
