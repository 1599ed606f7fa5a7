// The SQL of attempts. Every write names the version it saw and answers no row when another writer was faster; what
// happened is an entry of the history in the same statement.
#pragma once

#include <string>
#include <vector>

#include "actors/attempt/attempt.hpp"
#include "stoa/columns.hpp"
#include "stoa/db.hpp"
#include "stoa/events.hpp"

namespace stoa::actors::attempt_store {

extern const statement load;
extern const statement version_of;

// -- what a start asks and writes, in one transaction of the learner

/// The attempt that is open, how many there were, the extra time, and whether the paper is there.
extern const statement before_start;
extern const statement add_paper;
extern const statement start;
values start_values(const attempt& a, timestamp now);

/// Open ones whose deadline has passed, and the next deadline of all.
extern const statement overdue;
extern const statement next_deadline;

/// Whether somebody has one open at this quiz.
extern const statement any_open;
extern const statement open_of;
extern const statement history;
extern const statement of_quiz;
/// Those of a quiz that changed since; the open ones and the last closed ones where no time is given.
extern const statement progress;
extern const statement allow_time;
/// Closed ones of a quiz behind an id.
extern const statement closed_of_quiz;
extern const statement count_closed;

/// What the questions of a closed attempt came to, of its column `graded`, as events tell it.
std::vector<told_answer> answers_of(std::string_view graded);

attempt_entry read_entry(const rows::row& r);
/// The progress of a row of `of_quiz` and `progress`, from that column on.
attempt_progress read_progress(const rows::row& r, std::size_t first);

}  // namespace stoa::actors::attempt_store

namespace stoa::actors {

bound_statement load(const attempt_kind& kind, const attempt_id& id);
result<attempt> read(const attempt_kind& kind, const attempt_id& id, const rows& found);

bound_statement save(const attempt& before, const attempt& after, const save_answer& told, const moment& m);
bound_statement save(const attempt& before, const attempt& after, const submit_attempt& told, const moment& m);
bound_statement save(const attempt& before, const attempt& after, const close_attempt& told, const moment& m);
bound_statement save(const attempt& before, const attempt& after, const move_deadline& told, const moment& m);
bound_statement save(const attempt& before, const attempt& after, const regrade_attempt& told, const moment& m);

}  // namespace stoa::actors
