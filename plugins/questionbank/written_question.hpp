// A question as it is written down, and what reading a file of them comes to. No database, no files.
#pragma once

#include <boost/describe.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/quizzes.hpp"

namespace stoa_plugin::questionbank {

struct written_question {
  std::string text;
  stoa::question_type type = stoa::question_type::multiple_choice;
  std::vector<std::string> options;  ///< of the two types that choose
  std::vector<std::string> correct;  ///< options, `true` or `false`, or every answer that is accepted
  int points = 1;
  std::string explanation;
  std::vector<std::string> tags;

  bool operator==(const written_question&) const = default;
};
BOOST_DESCRIBE_STRUCT(written_question, (), (text, type, options, correct, points, explanation, tags))

struct reading_limits {
  static constexpr std::size_t bytes = 2 << 20;  ///< of a file, and of all files of a package together, unpacked
  static constexpr std::size_t questions = 1000;
  static constexpr std::size_t notes = 100;  ///< of either kind; what is behind them is not told
};

/// Something to say about a place of a file.
struct reading_note {
  std::string file;      ///< of a package; empty otherwise
  std::size_t line = 1;  ///< from 1
  std::string message;
};
BOOST_DESCRIBE_STRUCT(reading_note, (), (file, line, message))

/// What a file came to.
struct reading {
  std::vector<written_question> questions;
  std::vector<reading_note> problems;  ///< any: the file is broken, and nothing of it is taken
  std::vector<reading_note> left_out;  ///< what is sound, but no question that a quiz here can ask, or a part of one

  void problem(std::size_t line, std::string message);
  void leave_out(std::size_t line, std::string message);
  /// Takes a question that is well formed; otherwise its place and what is wrong with it are a problem.
  void take(std::size_t line, written_question q);
};

/// Trims and checks: what a quiz would take, under the names of the wire. Faults: `invalid` with the field.
stoa::result<written_question> well_formed(written_question q);

/// The text that HTML or XHTML shows, without its tags: paragraphs and breaks are line ends.
std::string text_of_html(std::string_view html);

/// Up to that byte; from 1.
std::size_t line_at(std::string_view text, std::size_t offset);

}  // namespace stoa_plugin::questionbank
