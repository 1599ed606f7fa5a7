#include "templates.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "stoa/html.hpp"
#include "stoa/settings.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::mail {

namespace {

constexpr std::string_view subject_line = "Subject: ";

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string at_line(std::string_view text, std::size_t place, const std::string& where) {
  return where + ":" +
         std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
}

const std::string* value_of(const std::vector<stoa::mail_variable>& variables, const std::string& name) {
  for (const auto& v : variables)
    if (v.name == name) return &v.value;
  return nullptr;
}

stoa::result<std::string> join(const pieces& all, const std::vector<stoa::mail_variable>& variables, bool html) {
  std::string out;
  for (const auto& p : all) {
    if (!p.variable) {
      out += p.text;
      continue;
    }
    const auto* value = value_of(variables, p.text);
    if (!value) return stoa::fault::field("variables", "The template needs " + p.text + ".");
    out += html ? stoa::escape_html(*value) : *value;
  }
  return out;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw stoa::settings_error("templates: " + file.string() + " cannot be read");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!stoa::valid_utf8(text)) throw stoa::settings_error("templates: " + file.string() + " is not UTF-8");
  return text;
}

}  // namespace

pieces parse_pieces(std::string_view text, const std::string& where) {
  pieces out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto open = text.find("{{", at);
    if (open == text.npos) break;
    if (open > at) out.push_back({std::string(text.substr(at, open - at)), false});
    const auto close = text.find("}}", open);
    if (close == text.npos) throw stoa::settings_error(at_line(text, open, where) + ": {{ without }}");
    const auto name = stoa::trim(text.substr(open + 2, close - open - 2));
    if (!is_name(name))
      throw stoa::settings_error(at_line(text, open, where) +
                                 ": expected the name of a variable (a to z, 0 to 9, _) between {{ and }}");
    out.push_back({std::string(name), true});
    at = close + 2;
  }
  if (at < text.size()) out.push_back({std::string(text.substr(at)), false});
  return out;
}

mail_template parse_template(std::string_view text, std::optional<std::string_view> html, const std::string& where) {
  const auto end = text.find('\n');
  const auto first = stoa::trim(text.substr(0, end));
  if (!first.starts_with(subject_line) || first.size() == subject_line.size())
    throw stoa::settings_error(where + ".txt:1: expected `Subject: ...`");
  mail_template out;
  out.subject = parse_pieces(first.substr(subject_line.size()), where + ".txt");
  auto body = end == text.npos ? std::string_view{} : text.substr(end + 1);
  if (const auto blank = body.find('\n'); blank != body.npos && stoa::trim(body.substr(0, blank)).empty())
    body.remove_prefix(blank + 1);
  out.text = parse_pieces(body, where + ".txt");
  if (html) out.html = parse_pieces(*html, where + ".html");
  return out;
}

stoa::result<letter> fill(const mail_template& t, const std::vector<stoa::mail_variable>& variables) {
  letter out;
  auto subject = join(t.subject, variables, false);
  if (!subject) return subject.refusal();
  auto text = join(t.text, variables, false);
  if (!text) return text.refusal();
  out.subject = std::move(subject).value();
  out.text = std::move(text).value();
  if (t.html) {
    auto html = join(*t.html, variables, true);
    if (!html) return html.refusal();
    out.html = std::move(html).value();
  }
  return out;
}

void read_templates(const std::filesystem::path& folder, templates& into) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().extension() != ".txt") continue;
    const auto text = read_file(entry.path());
    auto beside = entry.path();
    beside.replace_extension(".html");
    std::optional<std::string> html;
    if (std::filesystem::exists(beside)) html = read_file(beside);
    auto where = entry.path();
    where.replace_extension();
    into.insert_or_assign(
        where.filename().string(),
        parse_template(text, html ? std::optional<std::string_view>(*html) : std::nullopt, where.string()));
  }
  if (failed) throw stoa::settings_error("templates: " + folder.string() + ": " + failed.message());
}

}  // namespace stoa_plugin::mail
