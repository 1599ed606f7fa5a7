// The right answer of a question on the wire: a text, or a list of them.
#pragma once

#include <string>
#include <vector>

#include "stoa/wire.hpp"
#include "written_question.hpp"

namespace stoa_plugin::questionbank {

/// `true` and numbers are taken for their texts.
struct key_text {
  std::vector<std::string> all;
  bool list = false;
};

/// A list where several are right together, or several are accepted.
key_text key_of(const written_question& q);

}  // namespace stoa_plugin::questionbank

template <>
struct stoa::wire::codec<stoa_plugin::questionbank::key_text> {
  using key_text = stoa_plugin::questionbank::key_text;
  static void decode(const json& in, const std::string& field, key_text& out, problems& bad);
  static void encode(json_writer& w, const key_text& v);
  static void schema(json_writer& w, schema_registry& r);
};
