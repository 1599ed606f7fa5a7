#include "key_text.hpp"

#include <optional>
#include <utility>

namespace stoa_plugin::questionbank {

key_text key_of(const written_question& q) {
  return {q.correct, q.type == stoa::question_type::multiple_select || q.correct.size() > 1};
}

namespace {

std::optional<std::string> text_of(const stoa::json& item) {
  if (item.is_string()) return item.text();
  if (item.is_boolean()) return std::string(item.as_boolean() ? "true" : "false");
  if (const auto n = item.is_number() ? item.as_integer() : std::nullopt) return std::to_string(*n);
  return std::nullopt;
}

}  // namespace

}  // namespace stoa_plugin::questionbank

void stoa::wire::codec<stoa_plugin::questionbank::key_text>::decode(const json& in, const std::string& field,
                                                                    key_text& out, problems& bad) {
  out = {};
  out.list = in.is_array();
  const auto take = [&](const json& item, const std::string& name) {
    auto text = stoa_plugin::questionbank::text_of(item);
    if (!text) return bad.add(name, "This value must be a string.", "type");
    out.all.push_back(std::move(*text));
  };
  if (!out.list) return take(in, field);
  if (in.items().size() > quiz_limits::options) return bad.add(field, "There are too many items.", "length");
  for (std::size_t i = 0; i < in.items().size(); ++i) take(in.items()[i], field + "." + std::to_string(i));
}

void stoa::wire::codec<stoa_plugin::questionbank::key_text>::encode(json_writer& w, const key_text& v) {
  if (v.list)
    codec<std::vector<std::string>>::encode(w, v.all);
  else
    w.string(v.all.empty() ? std::string() : v.all.front());
}

void stoa::wire::codec<stoa_plugin::questionbank::key_text>::schema(json_writer& w, schema_registry& r) {
  w.begin_object();
  w.key("anyOf");
  w.begin_array();
  detail::simple_schema(w, "string");
  codec<std::vector<std::string>>::schema(w, r);
  w.end_array();
  w.end_object();
}
