#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <pugixml.hpp>
#include <utility>

#include "qti.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::questionbank {

using stoa::question_type;

namespace {

constexpr int deepest = 60;
constexpr const char* gap = "_____";

/// Without its prefix: files name the same namespaces in many ways.
std::string_view local(const pugi::xml_node& n) {
  const std::string_view name = n.name();
  const auto colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

std::vector<pugi::xml_node> children(const pugi::xml_node& of, std::string_view name) {
  std::vector<pugi::xml_node> out;
  for (const auto& c : of.children())
    if (local(c) == name) out.push_back(c);
  return out;
}

/// Itself and all below it, in the document's order, without recursion.
template <class Each>
void walk(const pugi::xml_node& top, Each each) {
  auto n = top;
  int depth = 0;
  while (n) {
    const bool down = each(n, depth);
    if (down && n.first_child()) {
      n = n.first_child();
      ++depth;
      continue;
    }
    while (n != top && !n.next_sibling()) n = n.parent(), --depth;
    if (n == top) return;
    n = n.next_sibling();
  }
}

std::vector<pugi::xml_node> all_below(const pugi::xml_node& top, std::string_view name) {
  std::vector<pugi::xml_node> out;
  walk(top, [&](const pugi::xml_node& n, int) {
    if (local(n) != name) return true;
    out.push_back(n);
    return false;
  });
  return out;
}

bool is_interaction(std::string_view name) { return name.ends_with("Interaction") && name != "endAttemptInteraction"; }

bool is_block(std::string_view name) {
  for (const std::string_view b : {"p",  "div", "li", "ul",    "ol", "pre", "blockquote", "h1", "h2",     "h3",
                                   "h4", "h5",  "h6", "table", "tr", "dl",  "dt",         "dd", "prompt", "itemBody"})
    if (name == b) return true;
  return false;
}

/// What an element shows, line by line.
class shown_text {
 public:
  /// Choices are no part of a question's text.
  explicit shown_text(bool with_choices = true) : with_choices_(with_choices) {}

  std::string of(const pugi::xml_node& top) {
    add(top, 0, false);
    std::string out;
    for (auto& line : lines_) {
      if (!line.kept) line.text = std::string(stoa::trim(line.text));
      if (line.text.empty() && !line.kept) continue;
      if (!out.empty() || line.kept) out += out.empty() ? "" : "\n";
      out += line.text;
    }
    return std::string(stoa::trim(out));
  }

 private:
  struct one_line {
    std::string text;
    bool kept = false;  ///< with its blanks, and also where it has nothing else
  };

  void new_line(bool kept = false) {
    if (lines_.empty() || !lines_.back().text.empty() || lines_.back().kept)
      lines_.push_back({"", kept});
    else
      lines_.back().kept = kept;
  }

  void put(std::string_view text, bool kept) {
    if (lines_.empty()) lines_.push_back({"", kept});
    for (const char c : text) {
      if (kept && c == '\n') {
        lines_.push_back({"", true});
        continue;
      }
      auto& line = lines_.back().text;
      const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!blank || kept)
        line += c;
      else if (!line.empty() && line.back() != ' ')
        line += ' ';
    }
  }

  void add(const pugi::xml_node& n, int depth, bool kept) {
    if (depth > deepest) return;
    if (n.type() == pugi::node_pcdata || n.type() == pugi::node_cdata) return put(n.value(), kept);
    if (n.type() != pugi::node_element) return;
    const auto name = local(n);
    if (name == "br") return end_line();
    if (name == "img") return put(n.attribute("alt").value(), kept);
    if (name == "textEntryInteraction" || name == "inlineChoiceInteraction") return put(gap, kept);
    if (name == "feedbackInline" || name == "feedbackBlock" || name == "rubricBlock" || name == "templateBlock" ||
        name == "stylesheet" || name == "modalFeedback" || name == "infoControl")
      if (depth > 0) return;
    if (!with_choices_ && (name == "simpleChoice" || name == "simpleAssociableChoice")) return;
    const bool pre = kept || name == "pre";
    if (is_block(name)) new_line(pre);
    for (const auto& c : n.children()) add(c, depth + 1, pre);
    if (is_block(name)) new_line();
  }

  void end_line() {
    if (lines_.empty()) lines_.push_back({});
    lines_.push_back({"", false});
    // A break behind a break is an empty line.
    if (lines_.size() > 1 && lines_[lines_.size() - 2].text.empty()) lines_[lines_.size() - 2].kept = true;
  }

  const bool with_choices_;
  std::vector<one_line> lines_;
};

std::optional<double> number_of(std::string_view text) {
  double n = 0;
  text = stoa::trim(text);
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, n);
  if (text.empty() || read.ec != std::errc() || read.ptr != end || !std::isfinite(n)) return std::nullopt;
  return n;
}

class item_reader {
 public:
  item_reader(std::string_view xml, reading& into) : xml_(xml), into_(into) {}

  void read(const pugi::xml_node& item) {
    const auto line = line_of(item);
    const auto bodies = children(item, "itemBody");
    if (bodies.empty()) return into_.problem(line, "This item has no itemBody.");
    std::vector<pugi::xml_node> interactions;
    bool deep = false;
    walk(item, [&](const pugi::xml_node& n, int depth) {
      deep = deep || depth > deepest;
      if (!is_interaction(local(n))) return true;
      interactions.push_back(n);
      return false;
    });
    if (deep) return into_.problem(line, "The elements of this item are nested too deeply.");
    if (interactions.empty()) return into_.leave_out(line, "An item that asks nothing.");
    if (interactions.size() > 1) return into_.leave_out(line, "An item with several interactions.");
    const auto asked = interactions.front();
    const auto kind = local(asked);
    if (kind != "choiceInteraction" && kind != "textEntryInteraction")
      return into_.leave_out(line_of(asked), std::string(kind) + ": nobody grades that here.");
    if (std::string_view(item.attribute("adaptive").value()) == "true")
      return into_.leave_out(line, "An adaptive item.");

    const std::string_view wanted = asked.attribute("responseIdentifier").value();
    pugi::xml_node declared;
    for (const auto& d : children(item, "responseDeclaration"))
      if (d.attribute("identifier").value() == wanted) declared = d;
    if (!declared) return into_.problem(line_of(asked), "There is no responseDeclaration for this interaction.");
    written_question q;
    q.text = shown_text(false).of(bodies.front());
    q.points = points_of(item);
    q.explanation = explanation_of(item);
    if (kind == "choiceInteraction")
      read_choice(asked, declared, std::move(q), line);
    else
      read_entry(declared, std::move(q), line);
  }

 private:
  std::size_t line_of(const pugi::xml_node& n) const {
    const auto at = n.offset_debug();
    return line_at(xml_, at < 0 ? 0 : static_cast<std::size_t>(at));
  }

  /// The values of the correct response; without one, what is mapped to the most points.
  struct key {
    std::vector<std::string> values;
    std::vector<std::pair<std::string, double>> mapped;
  };
  static key key_of(const pugi::xml_node& declared) {
    key k;
    for (const auto& c : children(declared, "correctResponse"))
      for (const auto& v : children(c, "value")) k.values.emplace_back(stoa::trim(v.text().get()));
    for (const auto& m : children(declared, "mapping"))
      for (const auto& e : children(m, "mapEntry"))
        if (const auto worth = number_of(e.attribute("mappedValue").value()))
          k.mapped.emplace_back(stoa::trim(e.attribute("mapKey").value()), *worth);
    return k;
  }

  void read_choice(const pugi::xml_node& asked, const pugi::xml_node& declared, written_question q, std::size_t line) {
    std::vector<std::pair<std::string, std::string>> choices;  // identifiers and texts
    for (const auto& c : children(asked, "simpleChoice")) {
      choices.emplace_back(c.attribute("identifier").value(), shown_text().of(c));
      q.options.push_back(choices.back().second);
    }
    auto k = key_of(declared);
    const bool several = std::string_view(declared.attribute("cardinality").value()) == "multiple";
    if (k.values.empty()) {
      double best = 0;
      for (const auto& [id, worth] : k.mapped) best = std::max(best, worth);
      for (const auto& [id, worth] : k.mapped)
        if (worth > 0 && (several || worth == best)) k.values.push_back(id);
    }
    if (k.values.empty()) return into_.leave_out(line, "An item that does not say what is right.");
    for (const auto& v : k.values) {
      const auto at = std::find_if(choices.begin(), choices.end(), [&](const auto& c) { return c.first == v; });
      if (at == choices.end())
        return into_.problem(line_of(declared), "What is right is none of the choices: " + v.substr(0, 100));
      q.correct.push_back(at->second);
    }
    q.type = several ? question_type::multiple_select : question_type::multiple_choice;
    if (!several && is_true_false(choices)) {
      q.type = question_type::true_false;
      q.options.clear();
    }
    into_.take(line, std::move(q));
  }

  static bool is_true_false(const std::vector<std::pair<std::string, std::string>>& choices) {
    if (choices.size() != 2) return false;
    const auto first = stoa::ascii_lower(choices[0].second), second = stoa::ascii_lower(choices[1].second);
    return (first == "true" && second == "false") || (first == "false" && second == "true");
  }

  void read_entry(const pugi::xml_node& declared, written_question q, std::size_t line) {
    q.type = question_type::short_answer;
    // The gap at the end of a question says nothing.
    if (q.text.ends_with(gap))
      q.text = std::string(stoa::trim(q.text.substr(0, q.text.size() - std::string_view(gap).size())));
    auto k = key_of(declared);
    double best = 0;
    for (const auto& [text, worth] : k.mapped) best = std::max(best, worth);
    for (const auto& [text, worth] : k.mapped) {
      if (worth > 0 && worth == best) k.values.push_back(text);
      if (worth > 0 && worth < best)
        into_.leave_out(line_of(declared), "An answer that is worth a part of the points.");
    }
    for (auto& v : k.values)
      if (std::find(q.correct.begin(), q.correct.end(), v) == q.correct.end()) q.correct.push_back(std::move(v));
    if (q.correct.empty()) return into_.leave_out(line, "An item that does not say what is right.");
    into_.take(line, std::move(q));
  }

  static int points_of(const pugi::xml_node& item) {
    std::optional<double> most;
    for (const auto& d : children(item, "outcomeDeclaration")) {
      const std::string_view name = d.attribute("identifier").value();
      if (name == "SCORE" && !most) most = number_of(d.attribute("normalMaximum").value());
      if (name == "MAXSCORE")
        for (const auto& v : children(d, "defaultValue"))
          for (const auto& n : children(v, "value"))
            if (const auto stated = number_of(n.text().get())) most = stated;
    }
    if (!most) return 1;
    return static_cast<int>(std::lround(std::clamp<double>(*most, 1, stoa::quiz_limits::points)));
  }

  /// What is called an explanation, otherwise what whoever is right reads.
  static std::string explanation_of(const pugi::xml_node& item) {
    std::string out;
    for (const auto& f : children(item, "modalFeedback")) {
      const auto name = stoa::ascii_lower(f.attribute("identifier").value());
      if (name == "explanation") return shown_text().of(f);
      if (out.empty() && name.find("incorrect") == name.npos && name.find("wrong") == name.npos)
        out = shown_text().of(f);
    }
    return out;
  }

  std::string_view xml_;
  reading& into_;
};

/// Null where it is broken, which is told.
bool parse(pugi::xml_document& document, std::string_view xml, reading& into) {
  if (xml.size() > reading_limits::bytes) {
    into.problem(1, "The file is larger than " + std::to_string(reading_limits::bytes >> 20) + " MiB.");
    return false;
  }
  if (!stoa::valid_utf8(xml)) {
    into.problem(1, "The file is not valid UTF-8.");
    return false;
  }
  const auto flags = pugi::parse_default | pugi::parse_ws_pcdata;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), flags, pugi::encoding_utf8);
  if (parsed) return true;
  into.problem(line_at(xml, parsed.offset < 0 ? 0 : static_cast<std::size_t>(parsed.offset)),
               std::string("This is no well-formed XML: ") + parsed.description() + ".");
  return false;
}

}  // namespace

reading read_qti(std::string_view xml) {
  reading out;
  pugi::xml_document document;
  if (!parse(document, xml, out)) return out;
  const auto items = all_below(document, "assessmentItem");
  if (items.empty()) out.problem(1, "There is no assessmentItem in this document.");
  item_reader reader(xml, out);
  for (const auto& i : items) reader.read(i);
  return out;
}

std::vector<manifest_entry> read_manifest(std::string_view xml, reading& into) {
  std::vector<manifest_entry> out;
  pugi::xml_document document;
  if (!parse(document, xml, into)) return out;
  for (const auto& r : all_below(document, "resource")) {
    const std::string_view type = r.attribute("type").value();
    // imsqti_item_xmlv2p1 and its relatives.
    if (type.find("imsqti_item_xmlv2p") == type.npos) continue;
    manifest_entry e;
    e.href = r.attribute("href").value();
    for (const auto& k : all_below(r, "keyword")) {
      const auto tag = shown_text().of(k);
      if (!tag.empty()) e.tags.push_back(tag);
    }
    out.push_back(std::move(e));
  }
  return out;
}

}  // namespace stoa_plugin::questionbank
