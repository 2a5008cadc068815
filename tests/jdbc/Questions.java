import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** What DBeaver asks of ClickHouse through its driver: one line an answer, `error` where there is none. */
public final class Questions {
    private interface Question {
        String answer() throws SQLException;
    }

    public static void main(String[] arguments) throws SQLException {
        Properties account = new Properties();
        account.setProperty("user", arguments[1]);
        account.setProperty("password", arguments[2]);
        try (Connection connection = DriverManager.getConnection(arguments[0], account)) {
            say("product", () -> connection.getMetaData().getDatabaseProductName());
            say("version", () -> connection.getMetaData().getDatabaseProductVersion());
            say("valid", () -> String.valueOf(connection.isValid(5)));
            say("schemas", () -> column(connection.getMetaData().getSchemas(), "TABLE_SCHEM"));
            say("types", () -> column(connection.getMetaData().getTableTypes(), 1));
            say("tables", () -> column(connection.getMetaData().getTables(null, "analytics", "%", null), "TABLE_NAME"));
            say("columns", () -> column(connection.getMetaData().getColumns(null, "analytics", "contributions", "%"), "COLUMN_NAME"));
            say("remarks", () -> column(connection.getMetaData().getColumns(null, "analytics", "contributions", "user"), "REMARKS"));
            say("keys", () -> column(connection.getMetaData().getPrimaryKeys(null, "analytics", "contributions"), "COLUMN_NAME"));
            say("indexes", () -> column(connection.getMetaData().getIndexInfo(null, "analytics", "contributions", false, true), "COLUMN_NAME"));
            say("functions", () -> String.valueOf(column(connection.getMetaData().getFunctions(null, null, "uniqExact%"), "FUNCTION_NAME").length() > 0));
            say("rows", () -> rows(connection, "SELECT user, byte_delta, occurred_at FROM contributions"));
            say("limited", () -> limited(connection));
            say("prepared", () -> prepared(connection));
            say("described", () -> described(connection));
            say("many", () -> rows(connection, "SELECT count() FROM numbers(100000)"));
            say("refused", () -> rows(connection, "SELECT file('/etc/hostname')"));
            say("written", () -> rows(connection, "INSERT INTO contributions (user) VALUES ('x')"));
            say("after", () -> rows(connection, "SELECT 1"));
        }
    }

    private static void say(String what, Question question) {
        String answer;
        try {
            answer = question.answer();
        } catch (SQLException error) {
            answer = "error " + error.getMessage();
        }
        System.out.println(what + "\t" + answer.replace("\n", " "));
    }

    private static String column(ResultSet found, Object which) throws SQLException {
        StringBuilder values = new StringBuilder();
        while (found.next()) {
            String value = which instanceof Integer number ? found.getString(number) : found.getString((String) which);
            values.append(values.isEmpty() ? "" : ",").append(value);
        }
        return values.toString();
    }

    private static String rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(sql)) {
            return all(found);
        }
    }

    private static String limited(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(200);
            statement.setQueryTimeout(20);
            statement.setFetchSize(200);
            statement.execute("SELECT number FROM numbers(1000) ORDER BY number");
            ResultSet found = statement.getResultSet();
            int count = 0;
            while (found.next()) {
                count++;
            }
            return String.valueOf(count);
        }
    }

    private static String prepared(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT user FROM contributions WHERE user = ? AND rev_id >= ?")) {
            statement.setString(1, "Ada");
            statement.setLong(2, 1);
            return all(statement.executeQuery());
        }
    }

    private static String described(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT user, rev_id FROM contributions WHERE user = ?")) {
            ResultSetMetaData columns = statement.getMetaData();
            return columns == null ? "none" : columns.getColumnName(1) + " " + columns.getColumnTypeName(2);
        }
    }

    private static String all(ResultSet found) throws SQLException {
        int width = found.getMetaData().getColumnCount();
        StringBuilder text = new StringBuilder();
        while (found.next()) {
            for (int place = 1; place <= width; place++) {
                text.append(place == 1 ? "" : " ").append(found.getString(place));
            }
            text.append(";");
        }
        return text.toString();
    }
}
