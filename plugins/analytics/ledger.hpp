// The stored numbers: SQL and nothing else.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/task.hpp"
#include "tally.hpp"

namespace stoa_plugin::analytics {

/// Adds what was tallied, through the connection of whoever counts it once.
void add(stoa::connection& db, const tally& t);

// -- what views show

struct day_figures : figures {
  stoa::date day;
};

struct earned_sum {
  std::string currency;
  std::int64_t minor = 0;
};

struct earned_day : earned_sum {
  stoa::date day;
};

/// All that is shown of a course, an instructor or the whole.
struct account_of {
  figures in_all;
  std::vector<day_figures> days;        ///< those on which something happened, in order
  std::vector<earned_sum> earned;       ///< by currency
  std::vector<earned_day> earned_days;  ///< in order
};
stoa::task<account_of> read_account(stoa::database& db, scope s, stoa::uuid id, stoa::date from, stoa::date to);

/// Of courses, those that nothing happened in left out.
struct course_figures : figures {
  stoa::course_id id;
};
stoa::task<std::vector<course_figures>> read_courses(stoa::database& db, std::vector<stoa::course_id> ids);

struct lesson_count {
  stoa::lesson_id lesson;
  std::int64_t completions = 0;
};
stoa::task<std::vector<lesson_count>> read_lessons(stoa::database& db, stoa::course_id of);

struct question_count : question_numbers {
  stoa::quiz_id quiz;
  stoa::question_id question;
};
/// Those that the fewest got right first.
stoa::task<std::vector<question_count>> read_questions(stoa::database& db, stoa::course_id of, std::int64_t most);

stoa::task<learner_numbers> read_learner(stoa::database& db, stoa::user_id who);

struct active_day : done_in_slot {
  stoa::date day;
};
/// Days in a time zone on which somebody finished something, from that moment on, and today, which is the last; in UTC
/// where nobody knows the zone.
stoa::task<std::vector<active_day>> read_activity(stoa::database& db, stoa::user_id who, std::string zone,
                                                  stoa::timestamp from, stoa::timestamp now);
/// Single steps from before are forgotten: at most `most` rows. How many they were.
stoa::task<std::int64_t> forget_activity(stoa::database& db, stoa::timestamp before, std::int64_t most);

// -- how far history was read

struct reading {
  stoa::timestamp since;
  std::string part;
  std::optional<stoa::timestamp> sale_at;
  std::optional<stoa::order_id> sale_order;
  std::int64_t study_number = 0;
  std::optional<stoa::attempt_id> attempt;
  std::int64_t step = 0;
};
/// As it stands; begun at that moment where nobody has.
stoa::task<reading> find_reading(stoa::database& db, stoa::timestamp since);
/// One step further, in a transaction with what it found. False where somebody else has taken that step.
bool go_on(stoa::connection& db, const reading& from, const reading& to);

}  // namespace stoa_plugin::analytics
