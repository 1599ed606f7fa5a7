#include "runtime/security/passwords.hpp"

#include <argon2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <unordered_set>

#include "stoa/crypto.hpp"
#include "stoa/settings.hpp"
#include "stoa/text.hpp"

namespace stoa::runtime {
namespace {

constexpr std::size_t salt_size = 16;
constexpr std::size_t hash_size = 32;
// A cost read back from storage is not trusted beyond this: a damaged row must not exhaust the machine.
constexpr argon2_cost ceiling{1024 * 1024, 64, 16};

using std::string_view_literals::operator""sv;

constexpr std::array common_passwords = {
#include "runtime/security/common_passwords.inc"
};

std::string lower_ascii(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

/// Reads `m=19456` at the front of `text` and removes it together with the separator behind it.
bool take_number(std::string_view& text, std::string_view name, char separator, std::uint32_t& value) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty() || text.front() != separator) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

void require_strong(const argon2_cost& cost) {
  constexpr argon2_cost least{};
  if (cost.memory_kib < least.memory_kib || cost.iterations < least.iterations || cost.parallelism < least.parallelism)
    throw settings_error("password hashing is weaker than argon2id with m=19456 KiB, t=2, p=1");
  if (cost.memory_kib > ceiling.memory_kib || cost.iterations > ceiling.iterations ||
      cost.parallelism > ceiling.parallelism)
    throw settings_error("password hashing costs more than m=1048576 KiB, t=64, p=16");
}

password_hasher::password_hasher(argon2_cost cost) : cost_(cost) {
  if (cost.parallelism < 1 || cost.iterations < 1 || cost.memory_kib < 8 * cost.parallelism ||
      cost.memory_kib > ceiling.memory_kib || cost.iterations > ceiling.iterations ||
      cost.parallelism > ceiling.parallelism)
    throw settings_error("argon2id cannot work with m=" + std::to_string(cost.memory_kib) +
                         " KiB, t=" + std::to_string(cost.iterations) + ", p=" + std::to_string(cost.parallelism));
}

std::string password_hasher::hash(std::string_view password) const {
  std::array<std::uint8_t, salt_size> salt;
  random_bytes(salt);
  std::string phc(
      argon2_encodedlen(cost_.iterations, cost_.memory_kib, cost_.parallelism, salt_size, hash_size, Argon2_id), '\0');
  const int error = argon2id_hash_encoded(cost_.iterations, cost_.memory_kib, cost_.parallelism, password.data(),
                                          password.size(), salt.data(), salt.size(), hash_size, phc.data(), phc.size());
  if (error != ARGON2_OK) throw std::runtime_error(std::string("argon2: ") + argon2_error_message(error));
  phc.resize(phc.find('\0'));
  return phc;
}

bool password_hasher::verify(std::string_view password, const std::string& phc) const {
  if (!cost_of(phc)) return verify_dummy(password);
  // argon2 compares in constant time.
  const int outcome = argon2id_verify(phc.c_str(), password.data(), password.size());
  if (outcome == ARGON2_OK) return true;
  if (outcome == ARGON2_MEMORY_ALLOCATION_ERROR || outcome == ARGON2_THREAD_FAIL)
    throw std::runtime_error(std::string("argon2: ") + argon2_error_message(outcome));
  return false;
}

bool password_hasher::verify_dummy(std::string_view password) const {
  static constexpr std::array<std::uint8_t, salt_size> salt{};
  std::array<std::uint8_t, hash_size> out;
  const int error = argon2id_hash_raw(cost_.iterations, cost_.memory_kib, cost_.parallelism, password.data(),
                                      password.size(), salt.data(), salt.size(), out.data(), out.size());
  if (error != ARGON2_OK) throw std::runtime_error(std::string("argon2: ") + argon2_error_message(error));
  return false;
}

bool password_hasher::needs_rehash(std::string_view phc) const { return cost_of(phc) != cost_; }

std::optional<argon2_cost> cost_of(std::string_view phc) {
  constexpr std::string_view front = "$argon2id$v=19$";
  if (!phc.starts_with(front)) return std::nullopt;
  phc.remove_prefix(front.size());
  argon2_cost cost;
  if (!take_number(phc, "m=", ',', cost.memory_kib) || !take_number(phc, "t=", ',', cost.iterations) ||
      !take_number(phc, "p=", '$', cost.parallelism))
    return std::nullopt;
  if (cost.memory_kib > ceiling.memory_kib || cost.iterations > ceiling.iterations ||
      cost.parallelism > ceiling.parallelism)
    return std::nullopt;
  return cost;
}

std::string hash_parameters(std::string_view phc) {
  const auto cost = cost_of(phc);
  if (!cost) return "unknown";
  return "argon2id v=19 m=" + std::to_string(cost->memory_kib) + " t=" + std::to_string(cost->iterations) +
         " p=" + std::to_string(cost->parallelism);
}

bool is_common_password(std::string_view password) {
  static const std::unordered_set<std::string_view> known(common_passwords.begin(), common_passwords.end());
  const auto folded = lower_ascii(password);
  if (known.contains(folded)) return true;
  // One character over and over, of one byte or several.
  auto unit = std::min<std::size_t>(folded.size(), 1);
  while (unit < folded.size() && (static_cast<unsigned char>(folded[unit]) & 0xC0) == 0x80) ++unit;
  return unit > 0 && std::string_view{folded}.substr(unit) == std::string_view{folded}.substr(0, folded.size() - unit);
}

std::vector<std::string> password_policy::check(std::string_view password, std::string_view email) const {
  std::vector<std::string> wrong;
  if (!valid_utf8(password)) {
    wrong.emplace_back("The password is not valid UTF-8.");
    return wrong;
  }
  const auto length = code_points(password);
  if (length < min_length) wrong.push_back("Password must be at least " + std::to_string(min_length) + " characters.");
  if (length > max_length)
    wrong.push_back("This password is too long. It may contain at most " + std::to_string(max_length) + " characters.");
  if (is_common_password(password)) wrong.emplace_back("This password is too common.");
  if (mixed) {
    auto has = [&](char first, char last) {
      return std::ranges::any_of(password, [=](char c) { return c >= first && c <= last; });
    };
    if (!has('A', 'Z') || !has('a', 'z') || !has('0', '9'))
      wrong.emplace_back(
          "The password must contain at least one uppercase letter, one lowercase letter and one number.");
  }
  if (!email.empty() && lower_ascii(password) == lower_ascii(trim(email)))
    wrong.emplace_back("The password must not be the e-mail address.");
  return wrong;
}

}  // namespace stoa::runtime
