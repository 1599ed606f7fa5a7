#include "plugins/questionbank/gift.hpp"

#include "samples.hpp"

using namespace stoa_plugin::questionbank;
using Catch::Matchers::Contains;
using stoa::question_type;

namespace {

std::string problems(const std::string& text) { return told(read_gift(text).problems); }
std::string left_out(const std::string& text) {
  const auto r = read_gift(text);
  CHECK(r.problems.empty());
  CHECK(r.questions.empty());
  return told(r.left_out);
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("GIFT: choices, gaps, true and false, short answers", "[questionbank][gift]") {
  auto q = only(read_gift("Which colour has a clear sky? {\n  ~green\n  =blue\n  ~red\n}\n"));
  CHECK(q.type == question_type::multiple_choice);
  CHECK(q.text == "Which colour has a clear sky?");
  CHECK(q.options == texts{"green", "blue", "red"});
  CHECK(q.correct == texts{"blue"});
  CHECK(q.points == 1);

  q = only(read_gift("::Sky::The sky is {~green =blue} by day."));
  CHECK(q.text == "The sky is _____ by day.");

  for (const char* yes : {"T", "TRUE", "true", " True "}) {
    q = only(read_gift("The sun rises in the east.{" + std::string(yes) + "}"));
    CHECK(q.type == question_type::true_false);
    CHECK(q.correct == texts{"true"});
  }
  CHECK(only(read_gift("Two is odd.{F}")).correct == texts{"false"});

  q = only(read_gift("Two plus two equals {=four =4 =%100%IV}."));
  CHECK(q.type == question_type::short_answer);
  CHECK(q.text == "Two plus two equals _____.");
  CHECK(q.correct == texts{"four", "4", "IV"});
  CHECK(q.options.empty());

  q = only(read_gift("How many wheels has a bicycle? {#2}"));
  CHECK(q.type == question_type::short_answer);
  CHECK(q.correct == texts{"2"});
  CHECK(only(read_gift("Pi? {#=3.14:0#About.}")).correct == texts{"3.14"});
}

TEST_CASE("GIFT: weights say which of several are right", "[questionbank][gift]") {
  const auto q = only(read_gift("Which are prime? {\n~%50%2\n~%-50%4\n~%50%5\n~9\n}"));
  CHECK(q.type == question_type::multiple_select);
  CHECK(q.options == texts{"2", "4", "5", "9"});
  CHECK(q.correct == texts{"2", "5"});
  CHECK(only(read_gift("Which is even? {~%100%2 ~%-100%3}")).type == question_type::multiple_select);
  CHECK(problems("Which? {~2 ~3}") == "1 None of the choices is right.\n");

  const auto part = read_gift("\nWhich? {\n~wrong\n~%50%nearly\n=right\n}");
  CHECK(only(part).correct == texts{"right"});
  CHECK(told(part.left_out) == "4 What a wrong choice is worth in part.\n");
}

TEST_CASE("GIFT: feedback explains, comments and categories are tags", "[questionbank][gift]") {
  auto q = only(read_gift("Which? {\n=right # Well\n   done.\n~wrong # No.\n####Because\nit is so.\n}"));
  CHECK(q.explanation == "Because\nit is so.");
  q = only(read_gift("Which? {\n=right # Well\n   done.\n~wrong # No.\n}"));
  CHECK(q.explanation == "Well done.");
  CHECK(only(read_gift("Odd? {FALSE#Two is even.#Right.}")).explanation == "Two is even.");

  const auto all = read_gift(
      "$CATEGORY: $course$/top/Numbers\n\n"
      "// question: 7  name: Two\n// [id:7] [tag:even] [tag:with \\] in it] [points:3]\n::Two::Is 2 even?{T}\n\n"
      "// [tag:lost]\n\nIs 3 odd?{T}\n\n$CATEGORY: top\n\nIs 4 even?{T}");
  REQUIRE(all.questions.size() == 3);
  CHECK(all.questions[0].tags == texts{"even", "with ] in it", "Numbers"});
  CHECK(all.questions[0].points == 3);
  CHECK(all.questions[1].tags == texts{"Numbers"});
  CHECK(all.questions[2].tags.empty());
}

TEST_CASE("GIFT: characters that are escaped, and formats", "[questionbank][gift]") {
  auto q = only(
      read_gift("\xEF\xBB\xBFWhat is \\{a\\: b\\}\\n\\#1 \\\\o/? {\r\n= \\~ \\= \\#\r\n~ C\\:\\\\temp\\q\r\n}\r\n"));
  CHECK(q.text == "What is {a: b}\n#1 \\o/?");
  CHECK(q.options == texts{"~ = #", "C:\\temp\\q"});
  q = only(
      read_gift("[html]<p>Is 2 &lt; 3?</p><p>Say <b>so</b>&nbsp;now &unknown; &#x263A;</p>{=[html]<i>yes</i> =no}"));
  CHECK(q.text == "Is 2 < 3?\nSay so now &unknown; ☺");
  CHECK(q.correct == texts{"yes", "no"});
  CHECK(only(read_gift("[markdown]**Bold**?{T}")).text == "**Bold**?");
  CHECK(only(read_gift("[sic] is Latin.{T}")).text == "[sic] is Latin.");
}

TEST_CASE("GIFT: what cannot be asked here is left out, with its line", "[questionbank][gift]") {
  CHECK(left_out("\n\nDescribe a tree. {}") == "3 An essay, which nobody grades here.\n");
  CHECK(left_out("No question, a text.\nOver two lines.") == "1 A text without a question.\n");
  CHECK(left_out("Match. {=a -> 1 =b -> 2}") == "1 Pairs that are to be matched.\n");
  CHECK(left_out("Pi? {#3.141..3.142}") == "1 A number in a range, or of several.\n");
  CHECK(left_out("Pi? {#3.14:0.01}") == "1 A number with a tolerance.\n");
  CHECK(left_out("Year? {#\n=1822:0 # Good.\n=%50%1822:2}") == "1 A number in a range, or of several.\n");
  CHECK(left_out("Water is {=1} of O and\n{=2} of H.") == "2 A question with more than one gap.\n");
  CHECK(left_out("Which? {=a =b ~c}") == "1 A choice of one among several that are right.\n");
  const auto part = read_gift("City? {\n=Nazareth\n=%50%Nazereth\n=%0%*#No.\n}");
  CHECK(only(part).correct == texts{"Nazareth"});
  CHECK(told(part.left_out) == "3 An answer that is worth a part of the points.\n");
}

TEST_CASE("GIFT: what is broken is told with its line, and nothing is taken for good", "[questionbank][gift]") {
  CHECK_THAT(problems("A?{T}\n\nB? {=b\n\nC?{T}"), Contains("3 `{` without a `}`"));
  CHECK_THAT(problems("A?{T}\n\nB =b}"), Contains("3 `}` without a `{`"));
  CHECK_THAT(problems("::A?{T}"), Contains("1 The name of this question"));
  CHECK_THAT(problems("::A::"), Contains("1 There is a name, and no question."));
  CHECK_THAT(problems("A?\n{\nwrong =right}"), Contains("3 An answer begins with"));
  CHECK_THAT(problems("A?{\n=a\n=\n}"), Contains("3 There is an answer without a text."));
  CHECK_THAT(problems("A?{\n~%5x%a\n=b}"), Contains("2 A weight is a number"));
  CHECK_THAT(problems("A?{\n~%500%a\n=b}"), Contains("2 A weight is a number"));
  CHECK_THAT(problems("A?{=a {b} }"), Contains("1 `{` inside of answers"));
  CHECK_THAT(problems("A?{=a} b}"), Contains("1 `}` without"));
  CHECK_THAT(problems("A?{#many}"), Contains("1 What stands behind `#` is no number."));
  CHECK_THAT(problems("A?{#4:x}"), Contains("1 A tolerance is a number."));
  CHECK_THAT(problems("A?{=%50%a}"), Contains("1 None of the answers is right."));
  CHECK_THAT(problems("\n\n{T}"), Contains("3 question_text: This field is required."));
  CHECK_THAT(problems("A?{~a ~a =b}"), Contains("1 options: Two of these are the same."));
  CHECK_THAT(problems("A?{=a ~" + std::string(1001, 'x') + "}"), Contains("1 options: Use at most 1000 characters."));
  CHECK_THAT(problems("// [points:0]\nA?{T}"), Contains("1 These points"));
  CHECK_THAT(problems("A?{T}\n\nB\xff?{T}"), Contains("3 This line is not valid UTF-8."));
  CHECK_THAT(problems("A?{T}\n\nB\x01?{T}"), Contains("3 There is a control character"));
  std::string many;
  for (std::size_t i = 0; i <= reading_limits::questions; ++i) many += "A?{T}\n\n";
  CHECK_THAT(problems(many), Contains("2001 There are more than 1000 questions."));
  CHECK_THAT(problems(std::string(reading_limits::bytes + 1, 'a')), Contains("1 The file is larger than 2 MiB."));
  CHECK(read_gift("").questions.empty());
  CHECK(read_gift("// only\n\n// comments").questions.empty());
}

TEST_CASE("GIFT: what is written is read as it was", "[questionbank][gift]") {
  const auto all = hard_questions();
  const auto text = write_gift(all);
  const auto back = read_gift(text);
  INFO(text << told(back.problems) << told(back.left_out));
  CHECK(back.problems.empty());
  CHECK(back.left_out.empty());
  REQUIRE(back.questions.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(i);
    CHECK(back.questions[i] == all[i]);
  }
  CHECK(write_gift(back.questions) == text);
}

TEST_CASE("GIFT: a text that is broken at random is read or refused", "[questionbank][gift]") {
  mutations broken(write_gift(hard_questions()));
  for (int i = 0; i < 1500; ++i) {
    const auto r = read_gift(broken.next());
    // What is taken can be written and read again.
    if (!r.problems.empty()) continue;
    const auto back = read_gift(write_gift(r.questions));
    REQUIRE(back.problems.empty());
    REQUIRE(back.questions == r.questions);
  }
}
