#include "api/http/example_schema.hpp"

#include <algorithm>
#include <string_view>

namespace stoa::http {
namespace {

std::string_view type_of(const json& j) {
  switch (j.kind()) {
    case json::type::null:
      return "null";
    case json::type::boolean:
      return "boolean";
    case json::type::number:
      return "integer";
    case json::type::string:
      return "string";
    case json::type::array:
      return "array";
    case json::type::object:
      return "object";
  }
  return "null";
}

bool is_list_of_texts(const json& j) {
  return j.is_array() && !j.items().empty() &&
         std::all_of(j.items().begin(), j.items().end(), [](const json& i) { return i.is_string(); });
}

bool is_map_of_fields(const json& object) {
  const auto& members = object.members();
  return !members.empty() &&
         std::all_of(members.begin(), members.end(), [](const auto& m) { return is_list_of_texts(m.second); });
}

void write(json_writer& w, const json& j) {
  w.begin_object();
  w.key("type"), w.string(type_of(j));
  if (j.is_array()) {
    std::vector<json> items = j.items();
    w.key("items"), w.raw(schema_of_examples(items));
  } else if (j.is_object() && is_map_of_fields(j)) {
    w.key("additionalProperties"), w.raw(R"({"type":"array","items":{"type":"string"}})");
  } else if (j.is_object()) {
    w.key("properties");
    w.begin_object();
    for (const auto& [name, value] : j.members()) {
      w.key(name);
      write(w, value);
    }
    w.end_object();
    if (!j.members().empty()) {
      w.key("required");
      w.begin_array();
      for (const auto& [name, value] : j.members()) w.string(name);
      w.end_array();
    }
  }
  w.end_object();
}

}  // namespace

std::string schema_of_examples(const std::vector<json>& examples) {
  std::vector<std::string> shapes;
  for (const auto& example : examples) {
    json_writer w;
    write(w, example);
    if (std::find(shapes.begin(), shapes.end(), w.str()) == shapes.end()) shapes.push_back(w.take());
  }
  if (shapes.empty()) return "{}";
  if (shapes.size() == 1) return shapes.front();
  json_writer w;
  w.begin_object();
  w.key("anyOf");
  w.begin_array();
  for (const auto& s : shapes) w.raw(s);
  w.end_array();
  w.end_object();
  return w.take();
}

}  // namespace stoa::http
