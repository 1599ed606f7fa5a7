#include "stoa/task.hpp"

namespace stoa::detail {

fault unexpected(std::exception_ptr error) noexcept {
  fault f{fault_kind::internal, "INTERNAL_ERROR", "An unexpected error occurred."};
  // Renderers never send this member; the log of the failed request shows it.
  auto because = [&f](std::string why) { f.extra.emplace_back("reason", std::move(why)); };
  if (!error) {
    because("no exception");
    return f;
  }
  try {
    std::rethrow_exception(error);
  } catch (const fault_error& e) {
    return e.what_fault();
  } catch (const std::exception& e) {
    because(e.what());
  } catch (...) {
    because("an exception of an unknown type");
  }
  return f;
}

}  // namespace stoa::detail
