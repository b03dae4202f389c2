package idphoto.client.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** JSON into records, refusing every member that a record does not have. */
final class Binding {
    private Binding() {}

    static <T> T bind(JsonElement json, Class<T> type) {
        return type.cast(value(json, type));
    }

    private static Object value(JsonElement json, Type type) {
        if (type instanceof ParameterizedType generic) {
            return generic.getRawType() == Map.class
                    ? texts(json.getAsJsonObject())
                    : list(json, generic.getActualTypeArguments()[0]);
        }
        if (type == String.class) {
            return json.getAsString();
        }
        if (type == Integer.class) {
            return json.getAsBigDecimal().intValueExact();
        }
        if (type == Boolean.class) {
            return json.getAsBoolean();
        }
        if (type == Duration.class) {
            return duration(json.getAsString());
        }
        return record(json.getAsJsonObject(), (Class<?>) type);
    }

    private static Object record(JsonObject json, Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Set<String> unknown = new TreeSet<>(json.keySet());
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String name = member(components[i].getName());
            unknown.remove(name);
            JsonElement element = json.get(name);
            values[i] = element == null ? null : value(element, components[i].getGenericType());
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(type.getSimpleName() + " has no " + unknown);
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String member(String component) {
        return switch (component) {
            // These are no names in Java.
            case "doing" -> "do";
            case "breaking" -> "break";
            default -> component.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
        };
    }

    private static List<Object> list(JsonElement json, Type type) {
        List<Object> list = new ArrayList<>();
        json.getAsJsonArray().forEach(element -> list.add(value(element, type)));
        return list;
    }

    private static Map<String, String> texts(JsonObject json) {
        Map<String, String> texts = new LinkedHashMap<>();
        json.entrySet().forEach(entry -> texts.put(entry.getKey(), entry.getValue().getAsString()));
        return texts;
    }

    static Duration duration(String text) {
        return text.endsWith("ms")
                ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
                : Duration.ofSeconds(Long.parseLong(text.substring(0, text.length() - 1)));
    }
}
