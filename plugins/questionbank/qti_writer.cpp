#include <algorithm>

#include "qti.hpp"

namespace stoa_plugin::questionbank {

using stoa::question_type;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      // In an attribute they would be read as blanks.
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// Where a reader would not give back the same blanks and lines, they are to be kept.
std::string shown(const std::string& text) {
  const bool plain = text.find_first_of("\n\t") == text.npos && text.find("  ") == text.npos;
  return plain ? escaped(text) : "<pre>" + escaped(text) + "</pre>";
}

std::string paragraph(const std::string& text) {
  const auto inner = shown(text);
  return inner.starts_with("<pre>") ? inner : "<p>" + inner + "</p>";
}

std::string values(const std::vector<std::string>& all) {
  std::string out = "    <correctResponse>\n";
  for (const auto& v : all) out += "      <value>" + escaped(v) + "</value>\n";
  return out + "    </correctResponse>\n";
}

struct choice {
  std::string id, text;
};

std::vector<choice> choices_of(const written_question& q) {
  if (q.type == question_type::true_false) return {{"true", "True"}, {"false", "False"}};
  std::vector<choice> out;
  for (const auto& o : q.options) out.push_back({"C" + std::to_string(out.size() + 1), o});
  return out;
}

std::string response_of(const written_question& q, const std::vector<choice>& choices) {
  if (q.type == question_type::short_answer) {
    std::string out = "  <responseDeclaration identifier=\"RESPONSE\" cardinality=\"single\" baseType=\"string\">\n";
    out += values({q.correct.front()});
    out += "    <mapping defaultValue=\"0\">\n";
    for (const auto& c : q.correct)
      out += "      <mapEntry mapKey=\"" + escaped(c) + "\" mappedValue=\"" + std::to_string(q.points) +
             "\" caseSensitive=\"false\"/>\n";
    return out + "    </mapping>\n  </responseDeclaration>\n";
  }
  std::vector<std::string> right;
  for (const auto& c : choices)
    for (const auto& correct : q.correct)
      if (correct == (q.type == question_type::true_false ? c.id : c.text)) right.push_back(c.id);
  const char* cardinality = q.type == question_type::multiple_select ? "multiple" : "single";
  return std::string("  <responseDeclaration identifier=\"RESPONSE\" cardinality=\"") + cardinality +
         "\" baseType=\"identifier\">\n" + values(right) + "  </responseDeclaration>\n";
}

std::string title_of(const std::string& text) {
  // Whole characters, so that the title stays UTF-8.
  auto end = std::min<std::size_t>(text.size(), 80);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  auto out = text.substr(0, end);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return out;
}

}  // namespace

std::string write_qti(const written_question& q, const std::string& identifier) {
  const auto choices = choices_of(q);
  const auto points = std::to_string(q.points);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out +=
      "<assessmentItem xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p1\"\n"
      "    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\n"
      "    xsi:schemaLocation=\"http://www.imsglobal.org/xsd/imsqti_v2p1 "
      "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd\"\n"
      "    identifier=\"" +
      escaped(identifier) + "\" title=\"" + escaped(title_of(q.text)) +
      "\" adaptive=\"false\" timeDependent=\"false\">\n";
  out += response_of(q, choices);
  out += "  <outcomeDeclaration identifier=\"SCORE\" cardinality=\"single\" baseType=\"float\" normalMaximum=\"" +
         points + "\"/>\n";
  out +=
      "  <outcomeDeclaration identifier=\"MAXSCORE\" cardinality=\"single\" baseType=\"float\">\n"
      "    <defaultValue>\n      <value>" +
      points + "</value>\n    </defaultValue>\n  </outcomeDeclaration>\n";
  if (!q.explanation.empty())
    out += "  <outcomeDeclaration identifier=\"FEEDBACK\" cardinality=\"single\" baseType=\"identifier\"/>\n";
  out += "  <itemBody>\n    " + paragraph(q.text) + "\n";
  if (q.type == question_type::short_answer) {
    out += "    <p><textEntryInteraction responseIdentifier=\"RESPONSE\" expectedLength=\"30\"/></p>\n";
  } else {
    const char* most = q.type == question_type::multiple_select ? "0" : "1";
    out += std::string("    <choiceInteraction responseIdentifier=\"RESPONSE\" shuffle=\"false\" maxChoices=\"") +
           most + "\">\n";
    for (const auto& c : choices)
      out += "      <simpleChoice identifier=\"" + c.id + "\">" + shown(c.text) + "</simpleChoice>\n";
    out += "    </choiceInteraction>\n";
  }
  const char* graded = q.type == question_type::short_answer ? "map_response" : "match_correct";
  out += std::string(
             "  </itemBody>\n  <responseProcessing "
             "template=\"http://www.imsglobal.org/question/qti_v2p1/rptemplates/") +
         graded + "\"/>\n";
  if (!q.explanation.empty())
    out += "  <modalFeedback outcomeIdentifier=\"FEEDBACK\" identifier=\"EXPLANATION\" showHide=\"show\">" +
           shown(q.explanation) + "</modalFeedback>\n";
  return out + "</assessmentItem>\n";
}

std::string write_manifest(const std::vector<manifest_entry>& items) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<manifest xmlns=\"http://www.imsglobal.org/xsd/imscp_v1p1\"\n"
      "    xmlns:imsmd=\"http://ltsc.ieee.org/xsd/LOM\" identifier=\"MANIFEST\">\n"
      "  <metadata>\n    <schema>QTIv2.1 Package</schema>\n    <schemaversion>1.0.0</schemaversion>\n  </metadata>\n"
      "  <organizations/>\n  <resources>\n";
  for (const auto& i : items) {
    const auto href = escaped(i.href);
    out += "    <resource identifier=\"" + href.substr(0, href.find('.')) + "\" type=\"imsqti_item_xmlv2p1\" href=\"" +
           href + "\">\n";
    if (!i.tags.empty()) {
      out += "      <metadata><imsmd:lom><imsmd:general>\n";
      for (const auto& t : i.tags)
        out += "        <imsmd:keyword><imsmd:string>" + shown(t) + "</imsmd:string></imsmd:keyword>\n";
      out += "      </imsmd:general></imsmd:lom></metadata>\n";
    }
    out += "      <file href=\"" + href + "\"/>\n    </resource>\n";
  }
  return out + "  </resources>\n</manifest>\n";
}

}  // namespace stoa_plugin::questionbank
