// Questions that are hard to write down, and ways to look at what was read.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "plugins/questionbank/written_question.hpp"

namespace stoa_plugin::questionbank {

inline written_question question_of(const std::string& text, stoa::question_type type, std::vector<std::string> options,
                                    std::vector<std::string> correct) {
  written_question q;
  q.text = text;
  q.type = type;
  q.options = std::move(options);
  q.correct = std::move(correct);
  return q;
}

/// Each has something that one of the formats gives a meaning to.
inline std::vector<written_question> hard_questions() {
  using stoa::question_type;
  std::vector<written_question> all{
      question_of("Which is 5?", question_type::multiple_choice, {"= 2 + 2", "= 2 + 3", "~6", "%50% of 10", "[html]5"},
                  {"= 2 + 3"}),
      question_of("% of what?", question_type::multiple_choice, {"%100% sure", "%0%"}, {"%0%"}),
      question_of("::no name:: // no comment {no answers} #no feedback", question_type::true_false, {}, {"true"}),
      question_of("// $CATEGORY: none", question_type::true_false, {}, {"false"}),
      question_of("[markdown] is a word here", question_type::short_answer, {}, {"a -> b", "[plain]", "%5%", "\\n"}),
      question_of("Two lines\nand an empty one\n\nbefore  this,\twith blanks", question_type::short_answer, {},
                  {"one\ntwo", "three  blanks"}),
      question_of("Back\\slash \\~ and \\", question_type::multiple_select, {"\\", "\\\\", "a\\nb"}, {"\\", "a\\nb"}),
      question_of("<b>5 < 6</b> &amp; \"7\" > '6' ]]>", question_type::multiple_select,
                  {"<i>yes</i>", "&lt;", "<!-- no -->", "\"quoted\""}, {"<i>yes</i>", "&lt;", "\"quoted\""}),
      question_of("Ends with a gap _____", question_type::short_answer, {}, {"gap"}),
      question_of("网络开发 مرحبا नमस्ते 🎓", question_type::multiple_choice, {"بله", "否"}, {"否"}),
      question_of("True is an option", question_type::multiple_choice, {"True", "False", "Perhaps"}, {"True"}),
  };
  all[0].points = 5;
  all[0].tags = {"algebra", "unit 1", "with ] and \\", "a:b"};
  all[0].explanation = "Since 2 + 3 \\= 5.\n\nIndeed: {5} ~ 5 #1 ####";
  all[2].explanation = "[html] stands for itself";
  all[5].tags = {"二"};
  all[5].points = 1000;
  all[9].explanation = "因为 <b>";
  return all;
}

/// `12 what is wrong`, one a line.
inline std::string told(const std::vector<reading_note>& notes) {
  std::string out;
  for (const auto& n : notes)
    out += (n.file.empty() ? "" : n.file + ":") + std::to_string(n.line) + " " + n.message + "\n";
  return out;
}

inline written_question only(const reading& r) {
  INFO(told(r.problems) << told(r.left_out));
  REQUIRE(r.problems.empty());
  REQUIRE(r.questions.size() == 1);
  return r.questions.front();
}

/// What a reader must bear: the same text with some of it taken out, put in, repeated or cut.
class mutations {
 public:
  explicit mutations(std::string of) : of_(std::move(of)) {}
  std::string next() {
    static const std::string parts[] = {
        "{", "}",   "=",    "~",    "#",    "%",  "\\", "::", "\n\n", "<",     "</",    "/>",
        "&", "]]>", "<!--", "\xff", "####", "->", "[",  "]",  "%5%",  "<pre>", "&#10;", "//"};
    std::string out = of_;
    for (auto n = 1 + number(6); n > 0 && !out.empty(); --n) {
      const auto at = number(out.size());
      switch (number(5)) {
        case 0:
          out[at] = static_cast<char>(number(256));
          break;
        case 1:
          out.erase(at, 1 + number(20));
          break;
        case 2:
          out.insert(at, parts[number(std::size(parts))]);
          break;
        case 3:
          out.insert(at, out.substr(number(out.size()), number(100)));
          break;
        default:
          out.resize(at);
      }
    }
    return out;
  }

 private:
  std::size_t number(std::size_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state_ >> 33) % below;
  }
  const std::string of_;
  std::uint64_t state_ = 20260127;
};

}  // namespace stoa_plugin::questionbank
