#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

#include "qti.hpp"

namespace stoa_plugin::questionbank {

using stoa::question_type;

namespace {

using attributes = std::vector<std::pair<const char*, std::string>>;

pugi::xml_node put(pugi::xml_node in, const char* name, const attributes& said = {}) {
  auto node = in.append_child(name);
  for (const auto& [key, value] : said) node.append_attribute(key) = value.c_str();
  return node;
}

void put_text(pugi::xml_node in, const char* name, const std::string& text) { put(in, name).text().set(text.c_str()); }

pugi::xml_document document() {
  pugi::xml_document doc;
  auto says = doc.append_child(pugi::node_declaration);
  says.append_attribute("version") = "1.0";
  says.append_attribute("encoding") = "UTF-8";
  return doc;
}

std::string text_of(const pugi::xml_document& doc) {
  std::ostringstream out;
  doc.save(out, "  ", pugi::format_default, pugi::encoding_utf8);
  return std::move(out).str();
}

/// Where a reader would not give back the same blanks and lines, they are to be kept.
bool plain(const std::string& text) { return text.find_first_of("\n\t") == text.npos && text.find("  ") == text.npos; }

void show(pugi::xml_node in, const std::string& text) {
  if (plain(text))
    in.text().set(text.c_str());
  else
    put_text(in, "pre", text);
}

void put_values(pugi::xml_node in, const std::vector<std::string>& all) {
  auto right = put(in, "correctResponse");
  for (const auto& v : all) put_text(right, "value", v);
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

void put_response(pugi::xml_node item, const written_question& q, const std::vector<choice>& choices) {
  const bool text = q.type == question_type::short_answer;
  auto declared = put(item, "responseDeclaration",
                      {{"identifier", "RESPONSE"},
                       {"cardinality", q.type == question_type::multiple_select ? "multiple" : "single"},
                       {"baseType", text ? "string" : "identifier"}});
  if (text) {
    put_values(declared, {q.correct.front()});
    auto mapping = put(declared, "mapping", {{"defaultValue", "0"}});
    for (const auto& c : q.correct)
      put(mapping, "mapEntry", {{"mapKey", c}, {"mappedValue", std::to_string(q.points)}, {"caseSensitive", "false"}});
    return;
  }
  std::vector<std::string> right;
  for (const auto& c : choices)
    for (const auto& correct : q.correct)
      if (correct == (q.type == question_type::true_false ? c.id : c.text)) right.push_back(c.id);
  put_values(declared, right);
}

pugi::xml_node put_outcome(pugi::xml_node item, const char* name, const char* type) {
  return put(item, "outcomeDeclaration", {{"identifier", name}, {"cardinality", "single"}, {"baseType", type}});
}

void put_body(pugi::xml_node item, const written_question& q, const std::vector<choice>& choices) {
  auto body = put(item, "itemBody");
  put_text(body, plain(q.text) ? "p" : "pre", q.text);
  if (q.type == question_type::short_answer) {
    put(put(body, "p"), "textEntryInteraction", {{"responseIdentifier", "RESPONSE"}, {"expectedLength", "30"}});
    return;
  }
  auto asked = put(body, "choiceInteraction",
                   {{"responseIdentifier", "RESPONSE"},
                    {"shuffle", "false"},
                    {"maxChoices", q.type == question_type::multiple_select ? "0" : "1"}});
  for (const auto& c : choices) show(put(asked, "simpleChoice", {{"identifier", c.id}}), c.text);
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
  auto doc = document();
  auto item =
      put(doc, "assessmentItem",
          {{"xmlns", "http://www.imsglobal.org/xsd/imsqti_v2p1"},
           {"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"},
           {"xsi:schemaLocation",
            "http://www.imsglobal.org/xsd/imsqti_v2p1 http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"},
           {"identifier", identifier},
           {"title", title_of(q.text)},
           {"adaptive", "false"},
           {"timeDependent", "false"}});
  put_response(item, q, choices);
  put_outcome(item, "SCORE", "float").append_attribute("normalMaximum") = points.c_str();
  put_text(put(put_outcome(item, "MAXSCORE", "float"), "defaultValue"), "value", points);
  if (!q.explanation.empty()) put_outcome(item, "FEEDBACK", "identifier");
  put_body(item, q, choices);
  const char* graded = q.type == question_type::short_answer ? "map_response" : "match_correct";
  put(item, "responseProcessing",
      {{"template", std::string("http://www.imsglobal.org/question/qti_v2p1/rptemplates/") + graded}});
  if (!q.explanation.empty())
    show(put(item, "modalFeedback",
             {{"outcomeIdentifier", "FEEDBACK"}, {"identifier", "EXPLANATION"}, {"showHide", "show"}}),
         q.explanation);
  return text_of(doc);
}

std::string write_manifest(const std::vector<manifest_entry>& items) {
  auto doc = document();
  auto manifest = put(doc, "manifest",
                      {{"xmlns", "http://www.imsglobal.org/xsd/imscp_v1p1"},
                       {"xmlns:imsmd", "http://ltsc.ieee.org/xsd/LOM"},
                       {"identifier", "MANIFEST"}});
  auto what = put(manifest, "metadata");
  put_text(what, "schema", "QTIv2.1 Package");
  put_text(what, "schemaversion", "1.0.0");
  put(manifest, "organizations");
  auto resources = put(manifest, "resources");
  for (const auto& i : items) {
    auto resource =
        put(resources, "resource",
            {{"identifier", i.href.substr(0, i.href.find('.'))}, {"type", "imsqti_item_xmlv2p1"}, {"href", i.href}});
    if (!i.tags.empty()) {
      auto general = put(put(put(resource, "metadata"), "imsmd:lom"), "imsmd:general");
      for (const auto& t : i.tags) show(put(put(general, "imsmd:keyword"), "imsmd:string"), t);
    }
    put(resource, "file", {{"href", i.href}});
  }
  return text_of(doc);
}

}  // namespace stoa_plugin::questionbank
