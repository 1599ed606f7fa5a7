#include "runtime/settings/toml_file.hpp"

#include <toml++/toml.h>

#include <fstream>
#include <sstream>

namespace stoa::runtime {

namespace {

std::string at(const std::string& file, const toml::source_region& source) {
  return file + ":" + std::to_string(source.begin.line);
}

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::floating_point:
      return "a floating-point number";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date and time";
    default:
      return "a value of another type";
  }
}

literal read_array(const toml::array& array) {
  std::vector<std::string> items;
  for (const auto& item : array) {
    const auto* text = item.as_string();
    if (text == nullptr) return unsupported{"an array with members that are no texts"};
    items.push_back(text->get());
  }
  return items;
}

literal read_value(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* array = node.as_array()) return read_array(*array);
  return unsupported{type_name(node)};
}

void read_table(const toml::table& table, const std::string& name, const std::string& file,
                std::vector<raw_section>& out) {
  raw_section section{name, at(file, table.source()), {}};
  std::vector<raw_section> below;
  for (const auto& [key, node] : table) {
    const std::string word(key.str());
    if (const auto* inner = node.as_table()) {
      read_table(*inner, name.empty() ? word : name + "." + word, file, below);
    } else {
      section.values.push_back(raw_value{word, read_value(node), false, at(file, node.source())});
    }
  }
  out.push_back(std::move(section));
  for (auto& inner : below) out.push_back(std::move(inner));
}

}  // namespace

std::vector<raw_section> read_toml(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    // An empty file sets the failbit of the stream it is copied into, and is a valid file without settings.
    std::error_code error;
    if (!in.is_open() || std::filesystem::file_size(file, error) != 0) {
      throw settings_error(file.string() + ": the settings file cannot be read");
    }
  }
  try {
    const toml::table root = toml::parse(text.str(), file.string());
    std::vector<raw_section> out;
    read_table(root, "", file.string(), out);
    return out;
  } catch (const toml::parse_error& error) {
    throw settings_error(at(file.string(), error.source()) + ": not valid TOML: " + std::string(error.description()));
  }
}

}  // namespace stoa::runtime
