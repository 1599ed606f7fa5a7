#include "cli/plugin_new.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>
#include <set>
#include <string_view>

#include "cli/composition.hpp"

namespace stoa::cli {
namespace fs = std::filesystem;
namespace {

/// The template's own id, which stands in it nowhere by chance.
constexpr std::string_view stand_in = "trial", title_stand_in = "Trial";

/// An id is a namespace, a schema and a file name.
void check_id(const std::string& name) {
  static const std::regex shape("[a-z][a-z0-9_]{1,31}");
  static const std::set<std::string> taken{
      "auto",     "bool",     "case",     "catch",     "char",     "class",    "const",    "delete",   "do",
      "double",   "else",     "enum",     "export",    "extern",   "false",    "float",    "for",      "friend",
      "goto",     "if",       "inline",   "int",       "long",     "mutable",  "new",      "not",      "or",
      "and",      "private",  "public",   "protected", "register", "return",   "short",    "signed",   "sizeof",
      "static",   "struct",   "switch",   "this",      "throw",    "true",     "try",      "typedef",  "typename",
      "union",    "unsigned", "using",    "virtual",   "void",     "volatile", "while",    "operator", "namespace",
      "template", "default",  "continue", "break",     "explicit", "concept",  "requires", "xor",      "core"};
  if (!std::regex_match(name, shape))
    throw settings_error("\"" + name +
                         "\": expected a plugin's id: small letters, digits and _, from 2 to 32, a letter first");
  if (taken.contains(name))
    throw settings_error("\"" + name + "\" is a word of C++ or of the server: choose another id");
  std::error_code none;
  if (fs::exists(runtime::plugin_settings().folder() / name, none))
    throw settings_error("there is a plugin " + name + " in this server already: choose another id");
}

std::string renamed(std::string text, const std::string& name) {
  std::string title = name;
  title[0] = static_cast<char>(title[0] - 'a' + 'A');
  std::replace(title.begin(), title.end(), '_', ' ');
  for (const auto& [from, to] : {std::pair(stand_in, name), std::pair(title_stand_in, title)})
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  return text;
}

fs::path template_folder() {
  for (const char* place : {"template", "examples/plugin-template"})
    if (auto found = part_folder(place); !found.empty()) return found;
  throw settings_error("the template of plugins is not installed: it comes with the SDK (package stoa-sdk)");
}

}  // namespace

int new_plugin(const std::string& name, const fs::path& into) {
  check_id(name);
  const auto from = template_folder();
  const auto target = into / name;
  if (fs::exists(target)) throw settings_error(target.string() + " is there already");
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    const auto place = target / renamed(fs::relative(entry.path(), from).string(), name);
    fs::create_directories(place.parent_path());
    std::ifstream in(entry.path(), std::ios::binary);
    std::ofstream out(place, std::ios::binary);
    out << renamed({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}, name);
    if (!in || !out.flush()) throw settings_error("cannot write " + place.string());
  }
  const auto prefix = executable_folder().parent_path();
  std::cout << "A working plugin lies in " << target.string() << ". Build and test it:\n\n"
            << "  cd " << target.string() << "\n"
            << "  cmake -S . -B build -DCMAKE_PREFIX_PATH=" << prefix.string() << "\n"
            << "  cmake --build build\n"
            << "  ctest --test-dir build --output-on-failure\n";
  return 0;
}

}  // namespace stoa::cli
