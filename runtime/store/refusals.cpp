#include "runtime/store/refusals.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace stoa::runtime {

fault database_away() { return fault::unavailable("The database is not available at the moment."); }

fault internal_fault() { return {fault_kind::internal, "INTERNAL_ERROR", "An internal error occurred."}; }

fault refusal_of(const sql_error& e) {
  const auto& state = e.sqlstate();
  if (e.unique_violation()) return {fault_kind::conflict, e.constraint(), "This already exists."};
  if (e.foreign_key_violation())
    return {fault_kind::conflict, e.constraint(), "Something this refers to does not exist, or is still in use."};
  if (state == "22021") return {fault_kind::invalid, "INVALID_TEXT", "A text holds characters that cannot be stored."};
  // Class 22: a value of a size or form that its column cannot take. What can be known before is refused there, by
  // name.
  if (state.starts_with("22"))
    return {fault_kind::invalid, "INVALID_VALUE", "A value has a size or form that cannot be stored."};
  // Timeouts, lock waits, races lost twice, no resources left.
  if (e.lost() || state == "57014" || state == "55P03" || e.serialization() || state.starts_with("53"))
    return database_away();
  return {fault_kind::internal, "INTERNAL_ERROR", "An internal error occurred."};
}

bool plain_query(std::string_view sql) {
  const auto lower = [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); };
  std::string text(sql.size(), ' ');
  std::transform(sql.begin(), sql.end(), text.begin(), lower);
  const auto start = text.find_first_not_of(" \t\r\n(");
  if (start == std::string::npos) return false;
  if (text.compare(start, 6, "select") != 0 && text.compare(start, 4, "with") != 0) return false;
  for (const char* word : {"insert", "update", "delete", "merge", "nextval", "setval", "set_config", "advisory"})
    if (text.find(word) != std::string::npos) return false;
  return true;
}

}  // namespace stoa::runtime
