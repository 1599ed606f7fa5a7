// Quizzes and the attempts at them: what is asked, what was answered, and what it came to.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/caller.hpp"
#include "stoa/events.hpp"
#include "stoa/fault.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area quizzes{"quizzes", 1};
}

using quiz_id = id<struct quiz_tag>;
using question_id = id<struct question_tag>;
using attempt_id = id<struct attempt_tag>;

/// What may be written about quizzes, wherever it comes from: characters of texts, items of lists, bounds of numbers.
struct quiz_limits {
  static constexpr std::size_t title = 200;
  static constexpr std::size_t description = 5000;
  static constexpr std::size_t question_text = 5000;
  static constexpr std::size_t explanation = 5000;
  static constexpr std::size_t option = 1000;  ///< an option, an accepted answer, an answer that is given
  static constexpr std::size_t options = 20;   ///< of a question; as many accepted answers, and chosen ones
  static constexpr std::size_t tag = 50;
  static constexpr std::size_t tags = 20;
  static constexpr std::size_t questions = 200;  ///< of a quiz
  static constexpr std::size_t draws = 20;
  static constexpr int points = 1000;  ///< of a question
  static constexpr int time_limit_minutes = 60 * 24 * 7;
  static constexpr int extra_minutes = 60 * 24 * 7;
  static constexpr int attempts = 1000;
  static constexpr int position = 1'000'000;
  /// How often one attempt takes an answer, changed ones counted.
  static constexpr int saves = 10'000;
};

/// How a question is answered.
enum class question_type {
  multiple_choice,  ///< one of its options
  multiple_select,  ///< some of its options
  true_false,       ///< `true` or `false`
  short_answer,     ///< a few words of one's own
};
/// `multiple_choice`.
std::string_view name_of(question_type t) noexcept;
std::optional<question_type> question_type_named(std::string_view name) noexcept;

/// A question with its key, which is for whoever writes the quiz and for graders: no learner sees `correct` or
/// `explanation` before the attempt is closed.
struct question {
  question_id id;
  std::string text;
  question_type type = question_type::multiple_choice;
  std::vector<std::string> options;  ///< of the two that choose; empty for the others
  /// The right options' texts, `true` or `false`, or every answer that is accepted.
  std::vector<std::string> correct;
  int points = 1;
  int position = 0;  ///< 1-based within its quiz
  std::string explanation;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(question, (), (id, text, type, options, correct, points, position, explanation, tags))

/// So many questions of a tag, others for each attempt. Questions with a tag that is drawn are asked when they are
/// drawn; those without one always.
struct question_draw {
  std::string tag;
  int count = 1;
};
BOOST_DESCRIBE_STRUCT(question_draw, (), (tag, count))

/// A quiz at one version: immutable, shared by readers.
struct quiz {
  quiz_id id;
  std::int64_t version = 0;
  course_id course;
  std::optional<lesson_id> lesson;
  std::string title;
  std::string description;
  std::optional<int> time_limit_minutes;  ///< none: an attempt has no deadline
  int passing_score = 70;                 ///< per cent
  bool shuffle_questions = false;
  std::optional<int> max_attempts;  ///< none: no bound
  std::vector<question_draw> draws;
  std::vector<question> questions;  ///< in order
  timestamp created_at, updated_at;
  std::optional<timestamp> published_at;  ///< none: a draft
  bool deleted = false;

  bool published() const noexcept { return published_at.has_value(); }
  const question* find(question_id id) const;
  /// Whether questions like that are drawn, so that nobody knows before an attempt whether they are asked.
  bool drawn(const question& q) const;
  /// How many an attempt asks.
  int asked() const;
};
BOOST_DESCRIBE_STRUCT(quiz, (),
                      (id, version, course, lesson, title, description, time_limit_minutes, passing_score,
                       shuffle_questions, max_attempts, draws, questions, created_at, updated_at, published_at,
                       deleted))
using quiz_ptr = std::shared_ptr<const quiz>;

/// What an instructor writes. Empty optionals leave a member as it is (or at its default in a new quiz); present and
/// empty ones take it away.
struct quiz_draft {
  std::optional<std::string> title, description;
  std::optional<std::optional<lesson_id>> lesson;
  std::optional<std::optional<int>> time_limit_minutes, max_attempts;
  std::optional<int> passing_score;
  std::optional<bool> shuffle_questions;
  std::optional<std::vector<question_draw>> draws;
};
BOOST_DESCRIBE_STRUCT(quiz_draft, (),
                      (title, description, lesson, time_limit_minutes, max_attempts, passing_score, shuffle_questions,
                       draws))

/// A new question, or a change of one.
struct question_draft {
  std::optional<std::string> text, explanation;
  std::optional<question_type> type;
  std::optional<std::vector<std::string>> options, correct, tags;
  std::optional<int> points;
  std::optional<int> position;  ///< 1-based; others move; absent: at the end
};
BOOST_DESCRIBE_STRUCT(question_draft, (), (text, explanation, type, options, correct, tags, points, position))

/// Which quizzes a list shows; empty members do not filter.
struct quiz_filter {
  std::optional<course_id> course;
  std::optional<lesson_id> lesson;
  bool published_only = false;
};

/// One page of quizzes; `count` is of all pages.
struct quiz_page {
  std::int64_t count = 0;
  std::vector<quiz_ptr> quizzes;
};

/// Who asks, seen from a quiz.
enum class quiz_view {
  outside,  ///< knows that there is such a quiz: its questions are not theirs
  learner,  ///< enrolled: the questions without their keys
  author,   ///< owns the course or is an admin: all of it
};

/// A quiz as somebody may see it.
struct seen_quiz {
  quiz_ptr quiz;
  quiz_view as = quiz_view::outside;
};

fault not_found(const quiz_id&);      ///< QUIZ_NOT_FOUND
fault not_found(const question_id&);  ///< QUESTION_NOT_FOUND
fault not_found(const attempt_id&);   ///< ATTEMPT_NOT_FOUND

/// Faults: QUIZ_NOT_FOUND, QUESTION_NOT_FOUND, COURSE_NOT_FOUND, LESSON_NOT_FOUND (not_found), PERMISSION_DENIED
/// (forbidden), QUIZ_NOT_READY (rejected: nothing to publish), QUIZ_FULL (rejected), VALIDATION_ERROR (invalid). Every
/// writer checks that `who` owns the quiz's course or is an admin; a draft answers strangers like an unknown id. No
/// change touches an attempt that has begun.
class quizzes {
 public:
  static constexpr interface_id interface { areas::quizzes, "quizzes" };
  virtual ~quizzes();

  /// Any quiz, drafts included: for rules inside.
  virtual task<quiz_ptr> get(quiz_id id) = 0;
  /// A quiz as `who` may see it.
  virtual task<seen_quiz> visible(quiz_id id, caller who) = 0;
  /// Those that `who` may see, oldest first.
  virtual task<quiz_page> list(quiz_filter filter, caller who, int page, int page_size) = 0;

  /// Changes are durable when their tasks end.
  virtual task<quiz_ptr> create(caller who, course_id course, quiz_draft draft) = 0;
  virtual task<quiz_ptr> update(caller who, quiz_id id, quiz_draft draft) = 0;
  virtual task<quiz_ptr> publish(caller who, quiz_id id) = 0;
  virtual task<quiz_ptr> unpublish(caller who, quiz_id id) = 0;
  /// Attempts that are open go on; nobody begins another.
  virtual task<done> remove(caller who, quiz_id id) = 0;
  virtual task<question> add_question(caller who, quiz_id id, question_draft draft) = 0;
  virtual task<question> update_question(caller who, question_id id, question_draft draft) = 0;
  virtual task<done> remove_question(caller who, question_id id) = 0;
};

// -- attempts

/// The questions of attempts as they stood when those began: immutable, shared by all attempts at one version of a
/// quiz.
struct quiz_paper {
  uuid id;
  quiz_id quiz;
  std::int64_t quiz_version = 0;
  std::string title;
  int passing_score = 70;
  std::vector<question> questions;
};
BOOST_DESCRIBE_STRUCT(quiz_paper, (), (id, quiz, quiz_version, title, passing_score, questions))
using quiz_paper_ptr = std::shared_ptr<const quiz_paper>;

/// An answer as it was saved: one text, or the chosen ones of a multiple_select.
struct given_answer {
  question_id question;
  std::vector<std::string> value;
  std::int64_t sequence = 0;  ///< of its saving, within the attempt
  timestamp saved_at;
};
BOOST_DESCRIBE_STRUCT(given_answer, (), (question, value, sequence, saved_at))

/// Points are counted in hundredths of one, since an answer may be right in part.
inline constexpr std::int64_t point = 100;

/// What one question came to.
struct graded_question {
  question_id question;
  bool answered = false;
  bool correct = false;     ///< wholly
  std::int64_t earned = 0;  ///< hundredths of a point
  int points = 0;           ///< that it is worth
  /// The key by which it was graded anew; none: that of the paper.
  std::optional<std::vector<std::string>> key;
};
BOOST_DESCRIBE_STRUCT(graded_question, (), (question, answered, correct, earned, points, key))

/// What an attempt came to.
struct attempt_result {
  int score = 0;  ///< per cent, half up
  bool passed = false;
  std::int64_t earned = 0;  ///< hundredths of a point
  std::int64_t points = 0;  ///< that could be earned
  std::vector<graded_question> questions;
};
BOOST_DESCRIBE_STRUCT(attempt_result, (), (score, passed, earned, points, questions))

/// By what an attempt was closed.
enum class attempt_end { submitted, time };
/// `submitted`, `time`.
std::string_view name_of(attempt_end e) noexcept;
std::optional<attempt_end> attempt_end_named(std::string_view name) noexcept;

/// One learner's attempt at a quiz, at one version: immutable, shared by readers.
struct attempt {
  attempt_id id;
  std::int64_t version = 0;
  user_id learner;
  quiz_id quiz;
  course_id course;
  std::string course_title;
  int number = 1;  ///< the learner's how many-th at this quiz
  quiz_paper_ptr paper;
  std::vector<std::uint16_t> order;  ///< which questions of the paper are asked, in the order of this attempt
  timestamp started_at;
  std::optional<timestamp> deadline;
  std::optional<timestamp> ended_at;
  std::optional<attempt_end> ended_by;
  std::int64_t sequence = 0;          ///< of the last entry of its history
  std::vector<given_answer> answers;  ///< the last of each question that was answered, in no order
  std::optional<attempt_result> result;

  bool open() const noexcept { return !ended_at; }
  /// Whether its time is over, whether or not it was closed already.
  bool overdue(timestamp now) const noexcept { return open() && deadline && now >= *deadline; }
  /// None where there is no deadline; never below zero.
  std::optional<seconds> time_left(timestamp now) const;
  /// The question, if it is one of this attempt; null otherwise.
  const question* asked(question_id id) const;
  const given_answer* answer_to(question_id id) const;
};
using attempt_ptr = std::shared_ptr<const attempt>;

/// An attempt as it is shown to somebody.
struct seen_attempt {
  attempt_ptr attempt;
  /// Whether keys, explanations and what was right may be shown: to the quiz's author, and to the learner once the
  /// attempt is closed and no other one at the quiz is open.
  bool with_key = false;
  bool begun = false;  ///< by the call that returned it
};

/// An answer on its way in.
struct answer_draft {
  question_id question;
  std::vector<std::string> value;
};
BOOST_DESCRIBE_STRUCT(answer_draft, (), (question, value))

/// An answer that is durable.
struct saved_answer {
  question_id question;
  std::int64_t sequence = 0;
  timestamp saved_at;
  std::optional<timestamp> deadline;
};
BOOST_DESCRIBE_STRUCT(saved_answer, (), (question, sequence, saved_at, deadline))

/// What may stand in an attempt's history.
enum class attempt_step { started, answer_saved, time_added, closed, graded, regraded };
/// `answer_saved`.
std::string_view name_of(attempt_step s) noexcept;
std::optional<attempt_step> attempt_step_named(std::string_view name) noexcept;

/// One entry of an attempt's history.
struct attempt_entry {
  std::int64_t sequence = 0;
  attempt_step step = attempt_step::started;
  timestamp at;
  std::optional<question_id> question;             ///< of a saved answer
  std::optional<std::vector<std::string>> answer;  ///< of a saved answer
  std::optional<attempt_end> by;                   ///< of a closing
  std::optional<std::int64_t> score;               ///< of a grading
};

/// How far somebody is, for whoever watches.
struct attempt_progress {
  attempt_id id;
  std::int64_t version = 0;
  user_id learner;
  std::int64_t sequence = 0;
  std::optional<question_id> last_question;  ///< that was answered last
  int answered = 0;
  int asked = 0;
  timestamp started_at;
  std::optional<timestamp> deadline, ended_at;
  std::optional<attempt_end> ended_by;
  std::optional<int> score;
};

/// Watches the attempts at a quiz. Thread-safe; one task asks at a time.
class attempt_watch {
 public:
  virtual ~attempt_watch();
  /// What is new since the last call, of each attempt the latest; waits until there is something. Ends with
  /// `stream_ended()` after `end`.
  virtual task<std::vector<attempt_progress>> next() = 0;
  /// Nobody watches any more. Any thread.
  virtual void end() = 0;
};

/// One page of attempts, newest first; `count` is of all pages.
struct attempt_page {
  std::int64_t count = 0;
  std::vector<attempt_progress> attempts;
};

/// Faults: ATTEMPT_NOT_FOUND, also for other people's attempts, QUIZ_NOT_FOUND (not_found), NOT_ENROLLED (forbidden),
/// MAX_ATTEMPTS_REACHED (rejected), ATTEMPT_CLOSED (conflict), VALIDATION_ERROR (invalid: a question that the attempt
/// does not ask, or one that is answered twice).
class attempts {
 public:
  static constexpr interface_id interface { areas::quizzes, "attempts" };
  virtual ~attempts();

  /// Begins one, or returns the one that is open.
  virtual task<seen_attempt> start(caller who, quiz_id quiz) = 0;
  /// The learner's own, or one at a quiz that `who` may write. One whose time is over is closed first.
  virtual task<seen_attempt> get(caller who, attempt_id id) = 0;
  /// Durable when it ends.
  virtual task<saved_answer> save(caller who, attempt_id id, answer_draft answer) = 0;
  /// Saves these answers, grades and closes. Of a closed attempt: what it came to, whatever is sent.
  virtual task<seen_attempt> submit(caller who, attempt_id id, std::vector<answer_draft> answers) = 0;

  /// All that happened, for the quiz's author: entries behind `after`, at most `limit`.
  virtual task<std::vector<attempt_entry>> history(caller who, attempt_id id, std::int64_t after,
                                                   std::int64_t limit) = 0;
  /// The attempts at a quiz: all of them for its author, a learner's own otherwise.
  virtual task<attempt_page> of_quiz(caller who, quiz_id quiz, int page, int page_size) = 0;
  /// How far everybody is, now and from now on, for the quiz's author.
  virtual task<std::shared_ptr<attempt_watch>> watch(caller who, quiz_id quiz) = 0;
  /// Extra time for one learner, in this quiz; an attempt that is open gets it, too. 0 takes it away from later ones.
  virtual task<done> allow_time(caller who, quiz_id quiz, user_id learner, int extra_minutes) = 0;
  /// Grades closed attempts by the quiz's present keys, points and passing score; soon, as a job. How many they are.
  virtual task<std::int64_t> regrade(caller who, quiz_id quiz) = 0;
};

// -- events

/// What every event of a quiz tells, as the quiz stands then.
struct quiz_facts {
  stoa::quiz_id quiz_id;
  stoa::course_id course_id;
  std::string title;
};
BOOST_DESCRIBE_STRUCT(quiz_facts, (), (quiz_id, course_id, title))

/// An event: a quiz was begun, as a draft.
struct quiz_created : quiz_facts {
  static constexpr std::string_view kind = "quiz.created";
  static constexpr std::string_view about = "A quiz was begun, as a draft.";
  static constexpr std::string_view entity = "the quiz";
};
BOOST_DESCRIBE_STRUCT(quiz_created, (quiz_facts), ())

/// An event: a quiz or its questions changed.
struct quiz_updated : quiz_facts {
  static constexpr std::string_view kind = "quiz.updated";
  static constexpr std::string_view about = "A quiz or its questions changed, or it was taken back.";
  static constexpr std::string_view entity = "the quiz";
};
BOOST_DESCRIBE_STRUCT(quiz_updated, (quiz_facts), ())

/// An event: learners can begin a quiz from now on.
struct quiz_published : quiz_facts {
  static constexpr std::string_view kind = "quiz.published";
  static constexpr std::string_view about = "Learners can begin a quiz from now on.";
  static constexpr std::string_view entity = "the quiz";
};
BOOST_DESCRIBE_STRUCT(quiz_published, (quiz_facts), ())

/// An event: a quiz is gone.
struct quiz_deleted : quiz_facts {
  static constexpr std::string_view kind = "quiz.deleted";
  static constexpr std::string_view about = "A quiz is gone; attempts at it stay.";
  static constexpr std::string_view entity = "the quiz";
};
BOOST_DESCRIBE_STRUCT(quiz_deleted, (quiz_facts), ())

/// What every event of an attempt tells.
struct attempt_facts {
  stoa::attempt_id attempt_id;
  stoa::quiz_id quiz_id;
  std::string quiz_title;
  stoa::course_id course_id;
  std::string course_title;
  std::int64_t number = 1;  ///< the learner's how many-th at this quiz
};
BOOST_DESCRIBE_STRUCT(attempt_facts, (), (attempt_id, quiz_id, quiz_title, course_id, course_title, number))

/// An event: somebody began an attempt.
struct attempt_started : attempt_facts {
  static constexpr std::string_view kind = "attempt.started";
  static constexpr std::string_view about = "Somebody began an attempt at a quiz.";
  static constexpr std::string_view entity = "the attempt";
};
BOOST_DESCRIBE_STRUCT(attempt_started, (attempt_facts), ())

/// What one question came to, as events tell it.
struct told_answer {
  stoa::question_id question_id;
  bool answered = false;
  bool correct = false;
  std::int64_t points_earned = 0;  ///< hundredths of a point
  std::int64_t points = 0;         ///< hundredths of a point
};
BOOST_DESCRIBE_STRUCT(told_answer, (), (question_id, answered, correct, points_earned, points))

/// An event: an attempt was closed and graded.
struct attempt_closed : attempt_facts {
  static constexpr std::string_view kind = "attempt.closed";
  static constexpr std::string_view about =
      "An attempt was closed and graded, by whoever submitted it or at its deadline (`closed_by`: submitted, time). "
      "Points are hundredths of one; `seconds` is how long it took.";
  static constexpr std::string_view entity = "the attempt";
  std::int64_t score = 0;  ///< per cent
  std::int64_t points_earned = 0;
  std::int64_t points = 0;
  bool passed = false;
  std::string closed_by;
  std::int64_t seconds = 0;
  std::vector<told_answer> answers;
};
BOOST_DESCRIBE_STRUCT(attempt_closed, (attempt_facts),
                      (score, points_earned, points, passed, closed_by, seconds, answers))

/// An event: a closed attempt was graded anew.
struct attempt_regraded : attempt_facts {
  static constexpr std::string_view kind = "attempt.regraded";
  static constexpr std::string_view about =
      "A closed attempt was graded anew, by the quiz's present keys. `former` is what each question had come to "
      "before.";
  static constexpr std::string_view entity = "the attempt";
  std::int64_t former_score = 0;
  bool formerly_passed = false;
  std::int64_t score = 0;
  std::int64_t points_earned = 0;
  std::int64_t points = 0;
  bool passed = false;
  std::vector<told_answer> answers;
  std::vector<told_answer> former;
};
BOOST_DESCRIBE_STRUCT(attempt_regraded, (attempt_facts),
                      (former_score, formerly_passed, score, points_earned, points, passed, answers, former))

}  // namespace stoa
