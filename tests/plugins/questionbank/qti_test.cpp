#include "plugins/questionbank/qti.hpp"

#include "plugins/questionbank/package.hpp"
#include "samples.hpp"

using namespace stoa_plugin::questionbank;
using Catch::Matchers::Contains;
using stoa::question_type;

namespace {

using texts = std::vector<std::string>;

std::string item(const std::string& declared, const std::string& body, const std::string& more = "") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<!-- an item -->\n"
         "<assessmentItem xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p1\" identifier=\"one\" title=\"One\"\n"
         "    adaptive=\"false\" timeDependent=\"false\">\n" +
         declared +
         "\n<outcomeDeclaration identifier=\"SCORE\" cardinality=\"single\" baseType=\"float\"/>\n<itemBody>\n" + body +
         "\n</itemBody>\n" + more + "</assessmentItem>\n";
}

std::string response(const std::string& cardinality, const texts& right, const std::string& mapping = "") {
  std::string out =
      "<responseDeclaration identifier=\"RESPONSE\" cardinality=\"" + cardinality + "\" baseType=\"identifier\">";
  if (!right.empty()) {
    out += "<correctResponse>";
    for (const auto& r : right) out += "<value>\n" + r + "\n</value>";
    out += "</correctResponse>";
  }
  return out + mapping + "</responseDeclaration>";
}

const std::string choices =
    "<p>Look at the  sign.</p>\n<p><img src=\"sign.png\" alt=\"KEEP OUT\"/></p>"
    "<choiceInteraction responseIdentifier=\"RESPONSE\" shuffle=\"true\" maxChoices=\"1\">\n"
    "<prompt>What does it\n    say?</prompt>\n"
    "<simpleChoice identifier=\"A\">Stay <em>outside</em>.</simpleChoice>\n"
    "<simpleChoice identifier=\"B\">Come in. <feedbackInline outcomeIdentifier=\"F\" "
    "identifier=\"B\">No.</feedbackInline>"
    "</simpleChoice>\n<simpleChoice identifier=\"C\"><![CDATA[5 < 6]]></simpleChoice>\n</choiceInteraction>";

std::string problems(const std::string& xml) { return told(read_qti(xml).problems); }
std::string left_out(const std::string& xml) {
  const auto r = read_qti(xml);
  CHECK(told(r.problems) == "");
  CHECK(r.questions.empty());
  return told(r.left_out);
}

}  // namespace

TEST_CASE("QTI: choices of one and of several", "[questionbank][qti]") {
  auto q = only(read_qti(item(response("single", {"A"}), choices)));
  CHECK(q.type == question_type::multiple_choice);
  CHECK(q.text == "Look at the sign.\nKEEP OUT\nWhat does it say?");
  CHECK(q.options == texts{"Stay outside.", "Come in.", "5 < 6"});
  CHECK(q.correct == texts{"Stay outside."});

  q = only(read_qti(item(response("multiple", {"C", "A"}), choices)));
  CHECK(q.type == question_type::multiple_select);
  CHECK(q.correct == texts{"Stay outside.", "5 < 6"});

  const std::string mapped =
      "<mapping defaultValue=\"0\"><mapEntry mapKey=\"A\" mappedValue=\"1\"/><mapEntry mapKey=\"B\" "
      "mappedValue=\"-1\"/>"
      "<mapEntry mapKey=\"C\" mappedValue=\"2\"/></mapping>";
  CHECK(only(read_qti(item(response("multiple", {}, mapped), choices))).correct == texts{"Stay outside.", "5 < 6"});
  CHECK(only(read_qti(item(response("single", {}, mapped), choices))).correct == texts{"5 < 6"});
}

TEST_CASE("QTI: true and false, points and explanations", "[questionbank][qti]") {
  const std::string body =
      "<choiceInteraction responseIdentifier=\"RESPONSE\" shuffle=\"false\" maxChoices=\"1\">"
      "<prompt>Two is even.</prompt><simpleChoice identifier=\"t\">True </simpleChoice>"
      "<simpleChoice identifier=\"f\">False</simpleChoice></choiceInteraction>";
  const std::string more =
      "<outcomeDeclaration identifier=\"MAXSCORE\" cardinality=\"single\" baseType=\"float\"><defaultValue>"
      "<value>10.0</value></defaultValue></outcomeDeclaration>"
      "<modalFeedback outcomeIdentifier=\"F\" identifier=\"incorrect\" showHide=\"show\">Think again.</modalFeedback>"
      "<modalFeedback outcomeIdentifier=\"F\" identifier=\"correct\" showHide=\"show\">Since 2 = 1 + "
      "1.</modalFeedback>";
  const auto q = only(read_qti(item(response("single", {"t"}), body, more)));
  CHECK(q.type == question_type::true_false);
  CHECK(q.correct == texts{"true"});
  CHECK(q.options.empty());
  CHECK(q.points == 10);
  CHECK(q.explanation == "Since 2 = 1 + 1.");
}

TEST_CASE("QTI: a gap that is filled in", "[questionbank][qti]") {
  const std::string mapping =
      "<mapping defaultValue=\"0\"><mapEntry mapKey=\"York\" mappedValue=\"1\"/><mapEntry mapKey=\"Yorck\" "
      "mappedValue=\"0.5\"/><mapEntry mapKey=\"Yorke\" mappedValue=\"1\"/></mapping>";
  const auto read =
      read_qti(item(response("single", {"York"}, mapping),
                    "<blockquote><p>This sun of\n  <textEntryInteraction responseIdentifier=\"RESPONSE\"/>;"
                    "<br/>\n and all the clouds.</p></blockquote>"));
  const auto q = only(read);
  CHECK(q.type == question_type::short_answer);
  CHECK(q.text == "This sun of _____;\nand all the clouds.");
  CHECK(q.correct == texts{"York", "Yorke"});
  CHECK_THAT(told(read.left_out), Contains("5 An answer that is worth a part of the points."));
  CHECK(only(read_qti(item(response("single", {"4"}),
                           "<p>2 + 2 = <textEntryInteraction responseIdentifier=\"RESPONSE\"/></p>")))
            .text == "2 + 2 =");
}

TEST_CASE("QTI: other prefixes, other versions of 2, several items below a root", "[questionbank][qti]") {
  const std::string one =
      "<q:assessmentItem xmlns:q=\"http://www.imsglobal.org/xsd/imsqti_v2p2\" identifier=\"a\"><q:responseDeclaration "
      "identifier=\"R\" cardinality=\"single\" baseType=\"identifier\"><q:correctResponse><q:value>x</q:value>"
      "</q:correctResponse></q:responseDeclaration><q:itemBody><q:choiceInteraction "
      "responseIdentifier=\"R\"><q:prompt>Yes?"
      "</q:prompt><q:simpleChoice identifier=\"x\">Yes</q:simpleChoice><q:simpleChoice identifier=\"y\">No"
      "</q:simpleChoice></q:choiceInteraction></q:itemBody></q:assessmentItem>";
  const auto r = read_qti("<items>" + one + "\n" + one + "</items>");
  CHECK(r.problems.empty());
  REQUIRE(r.questions.size() == 2);
  CHECK(r.questions[1].correct == texts{"Yes"});
}

TEST_CASE("QTI: what cannot be asked here is left out, with its line", "[questionbank][qti]") {
  const auto declared = response("single", {"A"});
  CHECK(left_out(item(declared, "<p>No question.</p>")) == "3 An item that asks nothing.\n");
  CHECK_THAT(left_out(item(declared, "<p>\n<extendedTextInteraction responseIdentifier=\"RESPONSE\"/></p>")),
             Contains("11 extendedTextInteraction: "));
  CHECK_THAT(left_out(item(declared, "<orderInteraction responseIdentifier=\"RESPONSE\"/>")),
             Contains("orderInteraction"));
  CHECK_THAT(left_out(item(declared, choices + choices)), Contains("several interactions"));
  CHECK_THAT(left_out(item(response("single", {}), choices)), Contains("does not say what is right"));
  auto adaptive = item(declared, choices);
  adaptive.replace(adaptive.find("adaptive=\"false\""), 16, "adaptive=\"true\"");
  CHECK_THAT(left_out(adaptive), Contains("3 An adaptive item."));
}

TEST_CASE("QTI: what is broken is told with its line", "[questionbank][qti]") {
  CHECK_THAT(problems("<assessmentItem>\n<itemBody>\n</assessmentItem>"), Contains("3 This is no well-formed XML"));
  CHECK_THAT(problems(""), Contains("1 This is no well-formed XML"));
  CHECK_THAT(problems("<questestinterop/>"), Contains("1 There is no assessmentItem"));
  CHECK_THAT(problems("\n<assessmentItem/>"), Contains("2 This item has no itemBody."));
  CHECK_THAT(problems(item("", choices)), Contains("There is no responseDeclaration"));
  CHECK_THAT(problems(item(response("single", {"D"}), choices)), Contains("5 What is right is none of the choices: D"));
  CHECK_THAT(problems(item(response("single", {"A", "B"}), choices)),
             Contains("3 correct_answer: One answer is right."));
  CHECK_THAT(problems("<a>\xff</a>"), Contains("1 The file is not valid UTF-8."));
  CHECK_THAT(problems(std::string(reading_limits::bytes + 1, ' ')), Contains("larger than 2 MiB"));
}

TEST_CASE("QTI: entities are not replaced, and depth is bounded", "[questionbank][qti]") {
  auto bomb = item(response("single", {"A"}), "<p>&big; &file;</p>" + choices);
  bomb.insert(bomb.find("<assessmentItem"),
              "<!DOCTYPE assessmentItem [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY big \"&a;&a;&a;&a;\">"
              "<!ENTITY file SYSTEM \"file:///etc/passwd\">]>\n");
  CHECK(only(read_qti(bomb)).text == "&big; &file;\nLook at the sign.\nKEEP OUT\nWhat does it say?");

  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<p>";
  CHECK_FALSE(read_qti(deep).problems.empty());
  std::string open_tags, close_tags;
  for (int i = 0; i < 100'000; ++i) open_tags += "<p>", close_tags += "</p>";
  CHECK_THAT(problems(item(response("single", {"A"}), open_tags + close_tags + choices)),
             Contains("nested too deeply"));
}

TEST_CASE("QTI: what is written is read as it was, item by item and as a package", "[questionbank][qti]") {
  const auto all = hard_questions();
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto untagged = all[i];
    untagged.tags.clear();
    const auto xml = write_qti(all[i], "q" + std::to_string(i));
    INFO(xml);
    CHECK(only(read_qti(xml)) == untagged);
  }
  const auto zip = write_package(all);
  CHECK(is_package(zip));
  CHECK(zip == write_package(all));
  const auto back = read_package(zip);
  INFO(told(back.problems) << told(back.left_out));
  CHECK(back.problems.empty());
  REQUIRE(back.questions.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(back.questions[i] == all[i]);
}

TEST_CASE("QTI: packages that are broken are refused", "[questionbank][qti]") {
  const auto zip = write_package(hard_questions());
  CHECK_THAT(told(read_package("PK\x03\x04 and no more").problems), Contains("This archive cannot be read."));
  CHECK_THAT(told(read_package(zip.substr(0, zip.size() / 2)).problems), Contains("This archive cannot be read."));
  auto empty = read_package(write_package({}));
  CHECK_THAT(told(empty.problems), Contains("imsmanifest.xml:1 The manifest lists no items of QTI 2."));
  CHECK_FALSE(is_package("::A::B{T}"));

  // Ten thousand times as much as was sent.
  std::vector<written_question> large;
  for (int i = 0; i < 600; ++i)
    large.push_back(question_of(std::string(4900, 'a'), question_type::true_false, {}, {"true"}));
  const auto bomb = write_package(large);
  CHECK(bomb.size() < 500'000);
  CHECK_THAT(told(read_package(bomb).problems), Contains("cannot be unpacked, or is too large"));
}

TEST_CASE("QTI: files that are broken at random are read or refused", "[questionbank][qti]") {
  const auto all = hard_questions();
  for (const auto& q : {all[0], all[5], all[7]}) {
    mutations broken(write_qti(q, "q"));
    for (int i = 0; i < 400; ++i) {
      const auto r = read_qti(broken.next());
      if (!r.problems.empty() || r.questions.empty()) continue;
      const auto back = read_qti(write_qti(r.questions.front(), "q"));
      REQUIRE(told(back.problems) == "");
      REQUIRE(back.questions == std::vector<written_question>{r.questions.front()});
    }
  }
  mutations zip(write_package({all[0], all[1]}));
  for (int i = 0; i < 400; ++i) read_package(zip.next());
}
